"""What the page shows of a clip's account and of its recording's buffer certificate.

Who uses it: `clip_view`. Pure; a clip of another maker has none of this, and shows none.
"""

from collections.abc import Collection

from bwv_device.protocol.keys import ObjectKey, SoundKept
from bwv_device.protocol.names import account_object
from bwv_device.protocol.pictures import parse_gaps, seconds_text
from dock_server import formats
from dock_server.tables import Metadata, ObjectRow

_SOUND = {SoundKept.KEPT: "with sound", SoundKept.NOT_KEPT: "silent up to the trigger"}


def figures(meta: Metadata) -> tuple[tuple[str, str], ...]:
    """Pairs of label and figure, those that the clip states."""
    found = (
        ("Frames expected", meta.get(ObjectKey.FRAMES_EXPECTED, "")),
        ("Gaps", meta.get(ObjectKey.GAP_COUNT, "")),
        ("Camera lost", _duration(meta, ObjectKey.CAMERA_LOST_S)),
        ("Sound lost", _duration(meta, ObjectKey.SOUND_LOST_S)),
        ("Pre-record frames", _lead_up(meta)),
        ("Pre-record sound", _sound(meta)),
    )
    return tuple((label, figure) for label, figure in found if figure)


def gaps(meta: Metadata) -> tuple[tuple[str, ...], int]:
    """The gaps that the metadata list, in words, and how many more there are."""
    listed = parse_gaps(meta.get(ObjectKey.GAPS, ""))
    count = formats.number(meta.get(ObjectKey.GAP_COUNT)) or 0
    texts = tuple(
        f"{seconds_text(gap.length_ns)} s from {seconds_text(gap.offset_ns)} s on, "
        f"{gap.frames_missing} frames missing"
        for gap in listed
    )
    return texts, max(0, count - len(listed))


def warnings(meta: Metadata) -> tuple[str, ...]:
    """What somebody who only looks at the picture would miss."""
    camera_s = formats.seconds(meta.get(ObjectKey.CAMERA_LOST_S))
    sound_s = formats.seconds(meta.get(ObjectKey.SOUND_LOST_S))
    return tuple(
        text
        for text in (
            f"The camera was lost for {camera_s:.1f} s; a slate stands there." if camera_s else "",
            f"{sound_s:.2f} s have no sound that should have it." if sound_s else "",
        )
        if text
    )


def href(row: ObjectRow, documents: Collection[str]) -> str:
    """Where the whole account is; empty when the metadata hold it."""
    name = account_object(row.name)
    return f"/media/{row.container}/{name}" if name in documents else ""


def _duration(meta: Metadata, key: ObjectKey) -> str:
    length_s = formats.seconds(meta.get(key))
    return "" if length_s is None else f"{length_s:.1f} s"


def _sound(meta: Metadata) -> str:
    text = meta.get(ObjectKey.PRE_RECORD_SOUND)
    return next((shown for one, shown in _SOUND.items() if one == text), "")


def _lead_up(meta: Metadata) -> str:
    expected = formats.number(meta.get(ObjectKey.PRE_RECORD_FRAMES_EXPECTED))
    captured = formats.number(meta.get(ObjectKey.PRE_RECORD_FRAMES_CAPTURED))
    if expected is None or captured is None:
        return ""
    return f"{captured} of {expected} expected"
