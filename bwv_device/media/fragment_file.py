"""The file of a clip: takes what the muxer writes, lets only whole fragments reach the disk.

Who uses it: the clip writer. What is on the disk always ends with a whole box, and each
`commit` returns when its bytes would survive a power cut. The chain beside it follows.
"""

import os
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.boxes import whole_boxes
from bwv_device.evidence.digests import Digester, Digests
from bwv_device.media.clip_chain import ClipChain

_ENDS_A_PART = {b"moov", b"mdat"}
"""The head of the file ends with `moov`, a fragment with `mdat`."""


class FragmentFile:
    """Write-only, append-only, in the shape that PyAV wants of a Python file."""

    def __init__(self, path: Path) -> None:
        """Create `path`, which must not exist, and its chain. Raises `StoreError`."""
        self._path = path
        self._pending = bytearray()
        self._digester = Digester()
        self._committed_bytes = 0
        with durable.disk_errors("creating", path):
            self._chain = ClipChain(path)
            try:
                self._handle = durable.create_new(path)
                durable.sync_folder(path.parent)
            except OSError:
                self._chain.close()
                raise

    def write(self, data: bytes | memoryview) -> int:
        """Called by the muxer. Nothing touches the disk here."""
        self._pending += data
        return len(data)

    def commit(self) -> int:
        """Put all whole parts on the disk, synced; the bytes that were. Raises `StoreError`."""
        before = self._committed_bytes
        # The muxer gives bytes twice a second, and is asked after each packet.
        while self._pending and (end := self._part_bytes()):
            self._commit_part(bytes(memoryview(self._pending)[:end]))
            del self._pending[:end]
        return self._committed_bytes - before

    def follow(self) -> None:
        """Make the chain as durable as the clip is. Never raises: footage does not end for it."""
        self._chain.sync()

    def close(self) -> Digests:
        """Close the file; the digests of what is in it. Raises `StoreError`."""
        self._chain.close()
        with durable.disk_errors("closing", self._path):
            handle, self._handle = self._handle, -1
            if handle >= 0:
                os.close(handle)
        return self._digester.result()

    @property
    def committed_bytes(self) -> int:
        """Bytes on the disk."""
        return self._committed_bytes

    @property
    def chain(self) -> str | None:
        """The hash that stands for all units whose lines are durable; None while there is none."""
        return self._chain.head

    def _commit_part(self, part: bytes) -> None:
        with durable.disk_errors("writing", self._path):
            self._append(part)
        self._digester.update(part)
        self._committed_bytes += len(part)
        self._chain.add(part)

    def _append(self, part: bytes) -> None:
        """All of `part` or nothing: a card that fills up in the middle leaves no torn tail."""
        before = os.lseek(self._handle, 0, os.SEEK_CUR)
        try:
            durable.write_all(self._handle, part)
            durable.sync_data(self._handle)
        except OSError:
            os.ftruncate(self._handle, before)
            os.lseek(self._handle, before, os.SEEK_SET)
            raise

    def _part_bytes(self) -> int:
        """How long the first whole part is; 0 when none is whole yet."""
        view = memoryview(self._pending)
        try:
            for box in whole_boxes(view):
                if box.type in _ENDS_A_PART:
                    return box.end
        finally:
            view.release()
        return 0
