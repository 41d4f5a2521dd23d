"""What the pages show of one recording, worked out from catalogue rows.

Who uses it: `pages`; the templates only lay it out. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bwv_device.protocol.keys import ContainerKey, ObjectKey
from bwv_device.protocol.names import ContainerKind
from dock_server import formats
from dock_server.badges import Badge, proof_of_all, status_of
from dock_server.formats import NOTHING, time_in
from dock_server.tables import ContainerRow, Metadata, ObjectRow


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
    notes: tuple[str, ...]
    """Shortfalls in a word or two, for the list."""
    meta: Metadata


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
        started=time_in(meta, ContainerKey.START_TIME),
        stopped=time_in(meta, ContainerKey.STOP_TIME),
        length=formats.duration(_length_s(clips)),
        size=formats.size(sum(clip.size_bytes for clip in clips)),
        clip_count=here if expected in (None, len(clips)) else f"{here} of {expected}",
        status=status_of(row),
        proof=proof_of_all(clips),
        warnings=_recording_warnings(row),
        notes=_notes(row, clips),
        meta=meta,
    )


def start_ns_of(row: ContainerRow) -> int | None:
    """When the recording's media starts, pre-record included."""
    return formats.parse_time(row.meta.get(ContainerKey.START_TIME))


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


def _notes(row: ContainerRow, clips: Sequence[ObjectRow]) -> tuple[str, ...]:
    dropped = sum(formats.number(clip.meta.get(ObjectKey.FRAMES_DROPPED)) or 0 for clip in clips)
    short = any(clip.meta.get(ObjectKey.PRE_RECORD_SHORT_REASON) for clip in clips)
    return tuple(
        text
        for text in (
            "Clips missing" if row.meta.get(ContainerKey.MISSING_CLIPS) else "",
            f"{dropped} frames lost" if dropped else "",
            "Short pre-record" if short else "",
        )
        if text
    )


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
