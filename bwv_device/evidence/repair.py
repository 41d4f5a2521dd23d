"""Start-up repair: what a power cut or a kill left behind becomes clips that open.

Who uses it: the agent, once, before the camera is ready. It needs no operator, and its time
is bounded by reading each cut-off clip once.
"""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.adopt import adopt
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.fragments import Scan, scan
from bwv_device.evidence.records import Clip, ClipResult, ClipState, EndReason
from bwv_device.evidence.store import Store

log = logging.getLogger(__name__)

TRIGGER_OFF_RECOVERED = "Recovered"


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done about one clip."""

    file: str
    end_reason: EndReason
    frames: int
    bytes_cut: int
    """Bytes of the torn tail that no player could have read."""


def repair(store: Store) -> list[Repair]:
    """Bring journal and files into agreement; a second run finds nothing to do.

    Raises `StoreError` when the disk fails.
    """
    done = [repair_clip(store, clip) for clip in store.journal.clips(state=ClipState.RECORDING)]
    for clip in store.journal.clips(state=ClipState.PURGED):
        if store.path(clip).exists():
            store.remove_file(clip)
    done += [repair_clip(store, clip) for clip in adopt(store)]
    _close_recordings(store)
    for found in done:
        log.warning(
            "%s was cut off: %s, %s frames kept, %s torn bytes cut",
            found.file,
            found.end_reason,
            found.frames,
            found.bytes_cut,
        )
    return done


def repair_clip(store: Store, clip: Clip, end_reason: EndReason = EndReason.RECOVERED) -> Repair:
    """recording -> finalised, or purged when not one fragment of it is whole.

    The recorder uses it too, with its own reason, for a clip that the disk broke off.
    """
    path = store.path(clip)
    with durable.disk_errors("repairing", path):
        found = scan(path) if path.exists() else Scan(0)
        if not found.fragments:
            store.journal.drop_empty_clip(clip.id)
            store.remove_file(clip)
            return Repair(clip.file, EndReason.NOTHING_RECORDED, 0, found.file_bytes)
        _cut_torn_tail(path, found)
        digests = digest_file(path)
    result = ClipResult(
        end_reason=end_reason,
        duration_ns=found.duration_ns,
        frames=found.frames,
        frames_dropped=missing_frames(found, clip.frame_ns),
        bytes=digests.bytes,
        sha256=digests.sha256,
        md5=digests.md5,
    )
    store.journal.finalise_clip(clip.id, result)
    return Repair(clip.file, end_reason, found.frames, found.file_bytes - digests.bytes)


def missing_frames(found: Scan, frame_ns: int) -> int:
    """Frames that the clip's own duration says should be there and are not."""
    return max(0, round(found.duration_ns / frame_ns) - found.frames)


def _cut_torn_tail(path: Path, found: Scan) -> None:
    """Drop the bytes behind the last whole fragment, durably."""
    if found.whole_bytes == found.file_bytes:
        return
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(handle, found.whole_bytes)
        os.fsync(handle)
    finally:
        os.close(handle)


def _close_recordings(store: Store) -> None:
    """Give each recording that was cut off a stop: the end of its last clip."""
    for recording in store.journal.recordings():
        if recording.trigger_off is not None:
            continue
        ends = [
            clip.start_utc_ns + (clip.duration_ns or 0)
            for clip in store.journal.clips(recording.id)
        ]
        at_utc_ns = max(ends, default=recording.trigger_on_utc_ns)
        store.journal.end_recording(recording.id, TRIGGER_OFF_RECOVERED, at_utc_ns)
