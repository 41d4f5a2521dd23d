"""What the pages show, worked out from catalogue rows; the templates only lay it out.

Who uses it: `pages`. Pure: rows and small bodies in, plain data out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bwv_device.protocol.keys import ContainerKey, ObjectKey, Status
from bwv_device.protocol.names import ContainerKind, ContainerType
from bwv_device.protocol.tags import parse_tags
from dock_server import formats
from dock_server.formats import NOTHING
from dock_server.tables import ContainerRow, Metadata, ObjectRow


@dataclass(frozen=True, slots=True)
class Badge:
    """A word and its tone: good, busy, bad or plain."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class ClipView:
    """One clip."""

    name: str
    title: str
    href: str
    video_type: str
    length: str
    size: str
    frames: str
    dropped: str
    pre_record: str
    warnings: tuple[str, ...]
    end_reason: str
    times: str
    sha256_device: str
    sha256_server: str
    proof: Badge
    is_present: bool
    meta: Metadata


@dataclass(frozen=True, slots=True)
class RecordingView:
    """One recording, or one container of rejected content."""

    container: str
    href: str
    wearer: str
    camera: str
    triggered: str
    trigger: str
    started: str
    stopped: str
    length: str
    size: str
    clip_count: str
    status: Badge
    proof: Badge
    warnings: tuple[str, ...]
    meta: Metadata


@dataclass(frozen=True, slots=True)
class BookmarkView:
    """One bookmark; its body is the text."""

    name: str
    when: str
    offset: str
    category: str
    tags: Mapping[str, str]
    text: str


_PROOF_DAMAGED = Badge("Damaged here", "bad")
_PROOF_DAMAGED_BEFORE = Badge("Damaged on the camera", "bad")
_PROOF_AGREES = Badge("Verified", "good")
_PROOF_UNKNOWN = Badge("No device digest", "plain")
_VIDEO_TYPES = {ContainerType.MP4: "video/mp4", ContainerType.MKV: "video/x-matroska"}


def proof_of(row: ObjectRow) -> Badge:
    """Whether the device's digest of the clip and the server's agree."""
    if row.problem:
        return _PROOF_DAMAGED
    if row.meta.get(ObjectKey.INTEGRITY_PROBLEM):
        return _PROOF_DAMAGED_BEFORE
    said = row.meta.get(ObjectKey.SHA256, "").lower()
    if not said:
        return _PROOF_UNKNOWN
    return _PROOF_AGREES if said == row.sha256 else _PROOF_DAMAGED


def proof_of_all(clips: Sequence[ObjectRow]) -> Badge:
    """The worst of the clips' states."""
    found = [proof_of(row) for row in clips]
    for worst in (_PROOF_DAMAGED, _PROOF_DAMAGED_BEFORE, _PROOF_UNKNOWN, _PROOF_AGREES):
        if worst in found:
            return worst
    return Badge("No clips yet", "plain")


def status_of(row: ContainerRow) -> Badge:
    """Where the transfer stands."""
    if row.kind is ContainerKind.REJECTED:
        return Badge("Rejected content", "bad")
    if row.completed_ns is not None:
        return Badge(Status.COMPLETE, "good")
    return Badge(Status.TRANSFERRING, "busy")


def recording_view(
    row: ContainerRow,
    clips: Sequence[ObjectRow],
    users: Mapping[str, Metadata],
    devices: Mapping[str, Metadata],
) -> RecordingView:
    """A recording with the names of the user and the device that are known for it."""
    meta = row.meta
    expected = formats.number(meta.get(ContainerKey.CLIP_COUNT))
    here = str(len(clips))
    return RecordingView(
        container=row.name,
        href=f"/recordings/{row.name}",
        wearer=_wearer(row, users),
        camera=_camera(row, devices),
        triggered=formats.utc(_triggered_ns(row)),
        trigger=meta.get(ContainerKey.TRIGGER_ON, NOTHING),
        started=_time(meta, ContainerKey.START_TIME),
        stopped=_time(meta, ContainerKey.STOP_TIME),
        length=formats.duration(_length_s(clips)),
        size=formats.size(sum(clip.size_bytes for clip in clips)),
        clip_count=here if expected in (None, len(clips)) else f"{here} of {expected}",
        status=status_of(row),
        proof=proof_of_all(clips),
        warnings=_recording_warnings(row),
        meta=meta,
    )


def clip_views(clips: Sequence[ObjectRow]) -> list[ClipView]:
    """The clips in the order in which they were taken."""
    return [_clip_view(row, place) for place, row in enumerate(sorted(clips, key=_place), 1)]


def bookmark_view(row: ObjectRow, start_ns: int | None, body: bytes) -> BookmarkView:
    """A bookmark; one without a time of its own counts from the recording's start."""
    at_ns = formats.parse_time(row.meta.get(ObjectKey.START_TIME)) or start_ns
    return BookmarkView(
        name=row.name,
        when=formats.utc(at_ns),
        offset=formats.offset(at_ns, start_ns),
        category=row.meta.get(ObjectKey.CATEGORY_NAME)
        or row.meta.get(ObjectKey.CATEGORY_ID)
        or NOTHING,
        tags=parse_tags(row.meta.get(ObjectKey.TAGS, "")),
        text=body.decode("utf-8", "replace"),
    )


def start_ns_of(row: ContainerRow) -> int | None:
    """When the recording's media starts, pre-record included."""
    return formats.parse_time(row.meta.get(ContainerKey.START_TIME))


def _clip_view(row: ObjectRow, place: int) -> ClipView:
    meta = row.meta
    dropped = formats.number(meta.get(ObjectKey.FRAMES_DROPPED))
    return ClipView(
        name=row.name,
        title=f"Clip {formats.number(meta.get(ObjectKey.CLIP_NUMBER)) or place}",
        href=f"/media/{row.container}/{row.name}",
        video_type=_VIDEO_TYPES[ContainerType(row.name.rpartition(".")[2])],
        length=formats.duration(formats.seconds(meta.get(ObjectKey.DURATION_S))),
        size=formats.size(row.size_bytes),
        frames=meta.get(ObjectKey.FRAMES, NOTHING),
        dropped=NOTHING if dropped is None else str(dropped),
        pre_record=_pre_record(meta),
        warnings=_clip_warnings(row),
        end_reason=meta.get(ObjectKey.END_REASON, NOTHING),
        times=f"{_time(meta, ObjectKey.START_TIME)} to {_time(meta, ObjectKey.STOP_TIME)}",
        sha256_device=meta.get(ObjectKey.SHA256, ""),
        sha256_server=row.sha256,
        proof=proof_of(row),
        is_present=row.problem is None,
        meta=meta,
    )


def _pre_record(meta: Metadata) -> str:
    delivered = formats.seconds(meta.get(ObjectKey.PRE_RECORD_DELIVERED_S))
    asked = formats.seconds(meta.get(ObjectKey.PRE_RECORD_ASKED_S))
    if delivered is None or asked is None:
        return NOTHING
    return f"{delivered:.1f} s of {asked:.1f} s asked"


def _recording_warnings(row: ContainerRow) -> tuple[str, ...]:
    missing = row.meta.get(ContainerKey.MISSING_CLIPS)
    reason = row.meta.get(ContainerKey.REJECTED_REASON)
    return tuple(
        text
        for text in (
            f"Clips that were recorded and are not here: {missing}." if missing else "",
            f"Rejected because: {reason}." if reason else "",
        )
        if text
    )


def _clip_warnings(row: ObjectRow) -> tuple[str, ...]:
    dropped = formats.number(row.meta.get(ObjectKey.FRAMES_DROPPED))
    short = row.meta.get(ObjectKey.PRE_RECORD_SHORT_REASON)
    hurt = row.meta.get(ObjectKey.INTEGRITY_PROBLEM)
    return tuple(
        text
        for text in (
            f"{dropped} frames were lost between camera and file." if dropped else "",
            f"Less pre-record than asked: {short}." if short else "",
            f"Not the bytes that the camera recorded: {hurt}." if hurt else "",
            f"On this server: {row.problem}." if row.problem else "",
        )
        if text
    )


def _place(row: ObjectRow) -> tuple[int, str]:
    return formats.number(row.meta.get(ObjectKey.CLIP_NUMBER)) or 0, row.name


def _time(meta: Metadata, key: str) -> str:
    text = meta.get(key)
    at_ns = formats.parse_time(text)
    return formats.utc(at_ns) if at_ns is not None else text or NOTHING


def _triggered_ns(row: ContainerRow) -> int | None:
    if row.trigger_on_ns is not None:
        return row.trigger_on_ns
    return formats.parse_time(row.meta.get(ContainerKey.TRIGGER_ON_TIME))


def _length_s(clips: Sequence[ObjectRow]) -> float | None:
    lengths = [formats.seconds(row.meta.get(ObjectKey.DURATION_S)) for row in clips]
    known = [length for length in lengths if length is not None]
    return sum(known) if known and len(known) == len(lengths) else None


def _wearer(row: ContainerRow, users: Mapping[str, Metadata]) -> str:
    user_id = owner_ids(row)[0]
    known = users.get(user_id, {})
    name, number = known.get(ObjectKey.NAME), known.get(ObjectKey.USER_ID)
    if name and number:
        return f"{name} ({number})"
    return name or user_id or "Unknown user"


def _camera(row: ContainerRow, devices: Mapping[str, Metadata]) -> str:
    serial = owner_ids(row)[1]
    name = devices.get(serial, {}).get(ObjectKey.NAME)
    return f"{name} · {serial}" if name and name != serial else serial or "Unknown camera"


def owner_ids(row: ContainerRow) -> tuple[str, str]:
    """User id and serial, from the name of a recording or from the metadata of a rejected one."""
    if row.kind is ContainerKind.RECORDING:
        user_id, serial, _ = row.name.split("_", 2)
        return user_id, serial
    meta = row.meta
    return meta.get(ContainerKey.USER_ID, ""), meta.get(ContainerKey.BWC_SERIAL_NUMBER, "")
