"""Start-up repair: what a power cut or a kill left behind becomes clips that open.

Who uses it: the agent, in two halves: `look` before the camera is ready, `put_right` beside it,
because reading hours of footage may take minutes on a small board. It needs no operator.
"""

import logging
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

from bwv_device.evidence import durable
from bwv_device.evidence.adopt import adopt, unknown_files
from bwv_device.evidence.clip_form import form_of
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.fragments import Scan
from bwv_device.evidence.left_behind import NOTHING, LeftBehind
from bwv_device.evidence.overload import from_text, skipped_frames
from bwv_device.evidence.records import Clip, ClipResult, ClipState, EndReason
from bwv_device.evidence.sidecars import sidecars
from bwv_device.evidence.store import CLIPS_FOLDER, Store
from bwv_device.protocol.buffer_certificate import BufferCertificate

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
    bytes_damaged: int = 0
    """Bytes before that, which are damaged and have whole fragments behind them."""


class BrokenOffError(Exception):
    """The repair was told to end before it was done; the next start goes on."""


def repair(store: Store) -> list[Repair]:
    """Bring journal and files into agreement; a second run finds nothing to do.

    A clip that can't be read is left for the next start, with its problem in the journal: one
    bad spot on the card must not keep the camera from working. Raises `StoreError` when the
    journal itself can't be read or written.
    """
    look(store)
    return list(put_right(store))


def look(store: Store) -> LeftBehind:
    """The first half of a repair: names and rows alone, so that its time does not depend on how
    much footage was cut off. Nothing may be recorded until it is over. Raises as `repair`."""
    for clip in store.journal.clips(state=ClipState.PURGED):
        path = store.path(clip)
        if any(file.exists() for file in (path, *sidecars(path))):
            _finish_purge(store, clip)
    _remove_empty_folders(store)
    store.left_behind = LeftBehind(
        frozenset(clip.id for clip in store.journal.clips(state=ClipState.RECORDING)),
        frozenset(one.id for one in store.journal.recordings() if one.trigger_off is None),
        unknown_files(store),
    )
    return store.left_behind


def put_right(store: Store, on_read: Callable[[int], None] | None = None) -> Iterator[Repair]:
    """The second half: reads every clip that `look` found cut off, once, and may go on beside a
    recorder. What it does is given one by one.

    `on_read` is told the bytes of each step of the hashing; it may raise `BrokenOffError`, and
    all that is not done yet is left for the next start. Raises as `repair`.
    """
    left = store.left_behind
    store.left_behind = left = left.with_adopted(adopt(store, left.files))
    for clip in map(store.journal.clip, sorted(left.clips)):
        made = _try_to_repair(store, clip, on_read)
        if made is not None:
            yield made
    _close_recordings(store, left.recordings)
    store.left_behind = NOTHING


def repair_behind_recorder(store: Store, goes_on: int | None) -> list[Clip]:
    """Put right what a recorder left that has died while the agent lives; the clips that were
    cut off, as the journal has them now.

    The recording `goes_on` gets no stop: another recorder goes on with it. What the start-up
    repair still has before it is left to that. Nobody may be recording meanwhile. Raises as
    `repair`.
    """
    left = store.left_behind
    cut_off = [c for c in store.journal.clips(state=ClipState.RECORDING) if c.id not in left.clips]
    for clip in cut_off:
        _try_to_repair(store, clip)
    ended = {one.id for one in store.journal.recordings()} - left.recordings - {goes_on}
    _close_recordings(store, ended)
    after = (store.journal.clip(clip.id) for clip in cut_off)
    return [clip for clip in after if clip.state is not ClipState.RECORDING]


def _finish_purge(store: Store, clip: Clip) -> None:
    try:
        store.remove_file(clip)
    except StoreError as error:
        log.error("%s was freed and can't be removed now: %s", clip.file, error)


def _try_to_repair(
    store: Store, clip: Clip, on_read: Callable[[int], None] | None = None
) -> Repair | None:
    try:
        made = repair_clip(store, clip, on_read=on_read)
    except StoreError as error:
        log.error("%s was cut off and can't be repaired now: %s", clip.file, error)
        store.journal.note_problem(clip.id, str(error))
        return None
    log.warning(
        "%s was cut off: %s, %s frames kept, %s torn bytes cut, %s damaged bytes passed over",
        made.file,
        made.end_reason,
        made.frames,
        made.bytes_cut,
        made.bytes_damaged,
    )
    return made


def repair_clip(
    store: Store,
    clip: Clip,
    end_reason: EndReason = EndReason.RECOVERED,
    on_read: Callable[[int], None] | None = None,
) -> Repair:
    """recording -> finalised, or purged when not one fragment of it is whole.

    The recorder uses it too, with its own reason, for a clip that the disk broke off. Raises
    `StoreError`.
    """
    path = store.path(clip)
    with durable.disk_errors("repairing", path):
        form = form_of(clip.sealed)
        found = form.scan(path) if path.exists() else Scan(0)
        if found.fragments:
            form.mend(path, found)
            chain = form.settle(path, found)
            # After a kill, the names may not have reached the card either.
            durable.sync_folder(path.parent)
            digests = digest_file(path, on_read)
    if not found.fragments:
        store.journal.drop_empty_clip(clip.id)
        store.remove_file(clip)
        return Repair(clip.file, EndReason.NOTHING_RECORDED, 0, found.file_bytes)
    # Of the clip as the journal has it now: the recorder notes there when it left frames out.
    overload = store.journal.clip(clip.id).overload or ""
    missing = missing_frames(found, clip.frame_ns)
    stretches = from_text(overload)
    skipped = min(missing, skipped_frames(stretches, found.duration_ns, max(1, clip.frame_ns)))
    result = ClipResult(
        end_reason=end_reason,
        duration_ns=found.duration_ns,
        frames=found.frames,
        frames_dropped=missing - skipped,
        bytes=digests.bytes,
        sha256=digests.sha256,
        md5=digests.md5,
        certificate=_certificate(store, clip, found),
        frames_skipped=skipped,
        overload=overload,
        chain=chain,
    )
    store.journal.finalise_clip(clip.id, result)
    # A sealed clip may have lost no more than the block that closes it.
    torn, damaged = max(0, found.file_bytes - digests.bytes), sum(map(len, found.gaps))
    return Repair(clip.file, end_reason, found.frames, torn, damaged)


def _certificate(store: Store, clip: Clip, found: Scan) -> BufferCertificate | None:
    """What was written down when the clip was opened, less what did not reach the card. Where
    a later clip of the recording is there, all of this one had reached it."""
    if clip.certificate is None:
        return None
    is_last = all(other.number <= clip.number for other in store.journal.clips(clip.recording_id))
    return clip.certificate.cut_to(found.duration_ns) if is_last else clip.certificate


def missing_frames(found: Scan, frame_ns: int) -> int:
    """Frames that the clip's own duration says should be there and are not; `frame_ns` is the
    nominal time from frame to frame, 0 where it is not known."""
    return max(0, round(found.duration_ns / frame_ns) - found.frames) if frame_ns > 0 else 0


def _close_recordings(store: Store, cut_off: Set[int]) -> None:
    """Give each of these recordings that has none a stop: the end of its last clip."""
    for recording in store.journal.recordings():
        if recording.trigger_off is not None or recording.id not in cut_off:
            continue
        ends = [
            clip.start_utc_ns + (clip.duration_ns or 0)
            for clip in store.journal.clips(recording.id)
        ]
        at_utc_ns = max(ends, default=recording.trigger_on_utc_ns)
        store.journal.end_recording(recording.id, TRIGGER_OFF_RECOVERED, at_utc_ns)


def _remove_empty_folders(store: Store) -> None:
    """A cut between making a folder and entering its clip leaves one."""
    clips = store.folder / CLIPS_FOLDER
    with durable.disk_errors("tidying", clips):
        for folder in clips.iterdir():
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        durable.sync_folder(clips)
