"""Takes files that the journal does not know into it, so that a lost journal loses no clip.

Who uses it: the start-up repair. It happens when the journal's file was deleted or replaced
by a fresh one. What a file's own name and fragments do not tell stays marked as unknown.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.clip_form import form_of
from bwv_device.evidence.fragments import Scan
from bwv_device.evidence.records import Clip, NewClip, NewRecording, Recording
from bwv_device.evidence.sidecars import is_sidecar, key_file
from bwv_device.evidence.store import CLIPS_FOLDER, Store
from bwv_device.protocol import names
from bwv_device.protocol.buffer_certificate import ShortCause, Shortfall
from bwv_device.protocol.errors import ProtocolError, shown

log = logging.getLogger(__name__)

UNKNOWN = "Unknown"
_LONGEST_NAME = 4096


def unknown_files(store: Store) -> tuple[Path, ...]:
    """The files in the clips' folders that the journal does not know and that could be clips.
    Raises `StoreError`."""
    # Files before rows: one that comes meanwhile has had its row before it.
    with durable.disk_errors("listing", store.folder / CLIPS_FOLDER):
        paths = sorted((store.folder / CLIPS_FOLDER).glob("*/*"))
    known = {store.path(clip) for clip in store.journal.clips()}
    return tuple(
        path for path in paths if path not in known and not is_sidecar(path) and path.is_file()
    )


def adopt(store: Store, paths: Iterable[Path]) -> list[Clip]:
    """Enter each unknown file as a clip that is still being recorded; the repair finishes it.

    A file whose name is not one of ours, or in which not one whole fragment can be read, is
    left where it is: `bwv check` names it. Raises `StoreError` when the journal fails.
    """
    adopted = []
    for path in paths:
        try:
            adopted.append(_adopt(store, path))
        except (ProtocolError, OSError) as error:
            log.warning("%s is left where it is: %s", shown(str(path), _LONGEST_NAME), error)
    return adopted


def _adopt(store: Store, path: Path) -> Clip:
    recording_name = names.parse_recording_container(path.parent.name)
    clip_name = names.parse_clip_object(path.name)
    found = form_of(key_file(path).exists()).scan(path)
    if not found.fragments:
        raise ProtocolError("it holds no whole fragment of a clip")
    recording = _recording(store, path, recording_name, clip_name.recording_id)
    return _clip(store, path, recording, clip_name.start_ns, found)


def _recording(store: Store, path: Path, name: names.RecordingName, short_id: str) -> Recording:
    for recording in store.journal.recordings():
        if recording.container == path.parent.name:
            return recording
    new = NewRecording(
        user_id=name.user_id,
        user_name=UNKNOWN,
        serial=name.serial,
        model=UNKNOWN,
        firmware_version=UNKNOWN,
        trigger_on=UNKNOWN,
        trigger_on_utc_ns=name.trigger_on_ns,
        pre_record_asked_ns=0,
        time_zone="UTC",
    )
    added = store.journal.add_recording(new, path.parent.name, short_id)
    assert added is not None, "the container was looked up above"
    return added


def _clip(store: Store, path: Path, recording: Recording, start_utc_ns: int, found: Scan) -> Clip:
    numbers = [clip.number for clip in store.journal.clips(recording.id)]
    new = NewClip(
        recording_id=recording.id,
        number=max(numbers, default=0) + 1,
        start_utc_ns=start_utc_ns,
        pre_record_delivered_ns=max(0, recording.trigger_on_utc_ns - start_utc_ns),
        pre_record_short_reason=str(Shortfall(cause=ShortCause.JOURNAL_LOST)),
        frame_ns=found.nominal_frame_ns(),
        sealed=key_file(path).exists(),
    )
    return store.journal.add_clip(new, str(path.relative_to(store.folder)))
