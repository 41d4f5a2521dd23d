"""What the page shows of one clip, worked out from its catalogue row.

Who uses it: `pages`; the template only lays it out. Pure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bwv_device.evidence.utc import UtcBasis
from bwv_device.protocol.keys import ObjectKey
from bwv_device.protocol.names import KEY_SUFFIX, ContainerType
from dock_server import account_view, formats
from dock_server.badges import Badge, proof_of
from dock_server.formats import NOTHING, time_in
from dock_server.tables import Metadata, ObjectRow


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
    account: tuple[tuple[str, str], ...]
    """What else is known to be missing, as pairs of label and figure."""
    gaps: tuple[str, ...]
    gaps_elsewhere: int
    """Gaps that only the document at `account_href` lists."""
    account_href: str
    pre_record: str
    warnings: tuple[str, ...]
    end_reason: str
    times: str
    clock: str
    """How good the times are."""
    drift: str
    """Of the microphone's clock, before it was corrected."""
    sha256_device: str
    sha256_server: str
    proof: Badge
    is_sealed: bool
    """Only the private key opens it: there is nothing to play here."""
    key_href: str
    """Its key file; empty where that has not come yet, and for a clip in the clear."""
    is_present: bool
    meta: Metadata


_VIDEO_TYPES = {ContainerType.MP4: "video/mp4", ContainerType.MKV: "video/x-matroska"}


def clip_views(clips: Sequence[ObjectRow], documents: Collection[str] = ()) -> list[ClipView]:
    """The clips in the order in which they were taken; `documents` are the names of accounts and
    key files that lie beside them."""
    ordered = sorted(clips, key=_place)
    return [_clip_view(row, place, documents) for place, row in enumerate(ordered, 1)]


def _clip_view(row: ObjectRow, place: int, documents: Collection[str]) -> ClipView:
    meta = row.meta
    shown, elsewhere = account_view.gaps(meta)
    dropped = formats.number(meta.get(ObjectKey.FRAMES_DROPPED))
    key = _key_of(row, documents)
    return ClipView(
        name=row.name,
        title=f"Clip {formats.number(meta.get(ObjectKey.CLIP_NUMBER)) or place}",
        href=f"/media/{row.container}/{row.name}",
        video_type=_VIDEO_TYPES[ContainerType(row.name.rpartition(".")[2])],
        length=formats.duration(formats.seconds(meta.get(ObjectKey.DURATION_S))),
        size=formats.size(row.size_bytes),
        frames=meta.get(ObjectKey.FRAMES, NOTHING),
        dropped=NOTHING if dropped is None else str(dropped),
        account=account_view.figures(meta),
        gaps=shown,
        gaps_elsewhere=elsewhere,
        account_href=account_view.href(row, documents),
        pre_record=_pre_record(meta),
        warnings=_clip_warnings(row),
        end_reason=meta.get(ObjectKey.END_REASON, NOTHING),
        times=f"{time_in(meta, ObjectKey.START_TIME)} to {time_in(meta, ObjectKey.STOP_TIME)}",
        clock=_clock(meta),
        drift=_drift(meta),
        sha256_device=meta.get(ObjectKey.SHA256, ""),
        sha256_server=row.sha256,
        proof=proof_of(row),
        is_sealed=is_sealed(row) or bool(key),
        key_href=f"/media/{row.container}/{key}" if key else "",
        is_present=row.problem is None,
        meta=meta,
    )


def is_sealed(row: ObjectRow) -> bool:
    """Whether its camera says that only the private key opens it."""
    return row.meta.get(ObjectKey.SEALED) == "True"


def _key_of(row: ObjectRow, documents: Collection[str]) -> str:
    """The name of the clip's key file, if it is there."""
    name = row.name.rpartition(".")[0] + KEY_SUFFIX
    return name if name in documents else ""


def _pre_record(meta: Metadata) -> str:
    delivered = formats.seconds(meta.get(ObjectKey.PRE_RECORD_DELIVERED_S))
    asked = formats.seconds(meta.get(ObjectKey.PRE_RECORD_ASKED_S))
    if delivered is None or asked is None:
        return NOTHING
    if not asked:
        return "none asked"
    if not delivered and (formats.number(meta.get(ObjectKey.CLIP_NUMBER)) or 1) > 1:
        return "in the first clip"
    return f"{delivered:.1f} s ({asked:.1f} s asked)"


def _clock(meta: Metadata) -> str:
    basis, correction = meta.get(ObjectKey.START_TIME_BASIS), meta.get(ObjectKey.CLOCK_CORRECTION_S)
    if basis == UtcBasis.UNSYNCHRONISED:
        return "not synchronised: nobody knows how far its times are from UTC"
    if basis == UtcBasis.CORRECTED and correction:
        after = _bound(meta, ObjectKey.CLOCK_CORRECTION_ERROR_S)
        return f"{basis} by {correction} s, {after} then"
    return f"{basis}, {_bound(meta, ObjectKey.START_TIME_ERROR_S)}" if basis else NOTHING


def _bound(meta: Metadata, key: str) -> str:
    within_s = formats.seconds(meta.get(key))
    return "by an unknown amount off UTC" if within_s is None else f"within {within_s:.3f} s of UTC"


def _drift(meta: Metadata) -> str:
    text = meta.get(ObjectKey.DRIFT_PPM)
    return f"{text} ppm, corrected" if text else NOTHING


def _correction(meta: Metadata) -> str:
    text = meta.get(ObjectKey.CLOCK_CORRECTION_S)
    if not text:
        return ""
    after = _bound(meta, ObjectKey.CLOCK_CORRECTION_ERROR_S)
    return f"The camera's clock was wrong: add {text} s to the times of this clip ({after} then)."


def _clip_warnings(row: ObjectRow) -> tuple[str, ...]:
    dropped = formats.number(row.meta.get(ObjectKey.FRAMES_DROPPED))
    skipped = formats.number(row.meta.get(ObjectKey.FRAMES_SKIPPED))
    short = row.meta.get(ObjectKey.PRE_RECORD_SHORT_REASON)
    hurt = row.meta.get(ObjectKey.INTEGRITY_PROBLEM)
    return tuple(
        text
        for text in (
            f"{dropped} frames were lost between camera and file." if dropped else "",
            f"{skipped} frames were left out: the camera could not encode them all in time."
            if skipped
            else "",
            f"Less pre-record than asked: {short}." if short else "",
            _correction(row.meta),
            *account_view.warnings(row.meta),
            f"Not the bytes that the camera recorded: {hurt}." if hurt else "",
            f"On this server: {row.problem}." if row.problem else "",
        )
        if text
    )


def _place(row: ObjectRow) -> tuple[int, str]:
    return formats.number(row.meta.get(ObjectKey.CLIP_NUMBER)) or 0, row.name
