"""The store: a folder with the journal and the clips, held by one agent.

Who uses it: the recorder opens clips in it, the dock client reads and frees them. The
invariants and the numbered procedures are in docs/design/store.md; the order of the steps
here is the order there.
"""

import os
import secrets
import threading
from dataclasses import replace
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.left_behind import NOTHING
from bwv_device.evidence.lock import StoreLock
from bwv_device.evidence.records import Clip, ClipState, NewClip, NewRecording, Recording
from bwv_device.evidence.sidecars import sidecars
from bwv_device.protocol import names

CLIPS_FOLDER = "clips"
_NS_PER_S = 1_000_000_000


class Store:
    """The open store; close it when the agent ends."""

    def __init__(self, folder: Path, journal: Journal, lock: StoreLock) -> None:
        self.folder = folder
        self.journal = journal
        self._lock = lock
        self.left_behind = NOTHING
        """What the start-up repair has found and not put right yet; only that changes it."""
        # A folder must not go between being made for a clip and being entered for it.
        self._folders = threading.Lock()

    @classmethod
    def open(cls, folder: Path) -> "Store":
        """Take hold of `folder`, creating what is missing.

        Raises `StoreBusyError` when another agent holds it, `StoreVersionError` when it is
        newer than this software, `StoreFullError` and `StoreError` for what a disk does.
        """
        with durable.disk_errors("opening the store", folder):
            durable.make_folder(folder / CLIPS_FOLDER)
            lock = StoreLock(folder)
        try:
            journal = Journal.open(folder)
            with durable.disk_errors("opening the store", folder):
                durable.sync_folder(folder)
        except BaseException:
            lock.close()
            raise
        return cls(folder, journal, lock)

    @classmethod
    def join(cls, folder: Path, lock: StoreLock) -> "Store":
        """Work on a store that the process which started this one has opened; `lock` is the
        share in its lock. Raises `StoreError`."""
        return cls(folder, Journal.open(folder), lock)

    @property
    def lock(self) -> StoreLock:
        """For handing a share of it to a process that works on this store too."""
        return self._lock

    def close(self) -> None:
        """Let go of it; another agent may open it from now on."""
        self.journal.close()
        self._lock.close()

    def begin_recording(self, new: NewRecording) -> Recording:
        """Enter a recording and give it its container's name.

        The name holds the trigger time to the second. Where that is taken, because UTC was
        set back since, the next free second is used; the trigger time itself stays as it is.
        """
        short_id = secrets.token_hex(2).upper()
        name_utc_ns = new.trigger_on_utc_ns
        while True:
            container = names.recording_container(new.user_id, new.serial, name_utc_ns)
            recording = self.journal.add_recording(new, container, short_id)
            if recording is not None:
                return recording
            name_utc_ns += _NS_PER_S

    def open_clip(self, recording: Recording, new: NewClip) -> Clip:
        """Enter a clip and make the folder for its file; the file itself is not there yet.

        Raises `StoreError`.
        """
        folder = self.folder / CLIPS_FOLDER / recording.container
        with self._folders:
            with durable.disk_errors("making the folder", folder):
                durable.make_folder(folder)
                taken = {path.name for path in folder.iterdir()}
            taken |= {Path(clip.file).name for clip in self.journal.clips(recording.id)}
            name = _free_name(new.start_utc_ns, recording.short_id, taken)
            return self.journal.add_clip(new, f"{CLIPS_FOLDER}/{recording.container}/{name}")

    def try_write(self) -> None:
        """Write and sync a small file, and remove it. Raises `StoreError`."""
        probe = self.folder / "write-probe"
        with durable.disk_errors("writing", probe):
            probe.unlink(missing_ok=True)
            handle = durable.create_new(probe)
            try:
                durable.write_all(handle, b"probe")
                os.fsync(handle)
            finally:
                os.close(handle)
                probe.unlink()

    def path(self, clip: Clip) -> Path:
        """Where the clip's file is, or would be."""
        return self.folder / clip.file

    def purge(self, clip: Clip) -> Clip:
        """Free an acknowledged clip: the journal first, then the file.

        Raises `IllegalStepError` when no destination has acknowledged it, `StoreError`.
        """
        self.journal.purge(clip.id)
        self.remove_file(clip)
        return replace(clip, state=ClipState.PURGED)

    def remove_file(self, clip: Clip) -> None:
        """Remove a purged clip's file and what lies beside it, and its folder once no clip needs
        that any more.

        Raises `StoreError`.
        """
        path = self.path(clip)
        with self._folders, durable.disk_errors("removing", path):
            # The clip first: what lies beside it says whose it is for as long as it is there.
            durable.remove(path, *sidecars(path))
            others = self.journal.clips(clip.recording_id, ClipState.RECORDING)
            if not others and path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()
                durable.sync_folder(path.parent.parent)


def _free_name(start_utc_ns: int, short_id: str, taken: set[str]) -> str:
    """A name for the clip's file that is not in `taken`, where two clips that began in the
    same second (or a clock that was set back) would share one."""
    while (name := names.clip_object(start_utc_ns, short_id, names.ContainerType.MP4)) in taken:
        short_id = secrets.token_hex(2).upper()
    return name
