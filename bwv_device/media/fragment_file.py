"""The file of a clip: takes what the muxer writes, lets only whole fragments reach the disk.

Who uses it: the clip writer. What is on the disk always ends with a whole box, and each
`commit` returns when its bytes would survive a power cut.
"""

import os
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.boxes import whole_boxes
from bwv_device.evidence.digests import Digester, Digests

_ENDS_A_PART = {b"moov", b"mdat"}
"""The head of the file ends with `moov`, a fragment with `mdat`."""


class FragmentFile:
    """Write-only, append-only, in the shape that PyAV wants of a Python file."""

    def __init__(self, path: Path) -> None:
        """Create `path`, which must not exist. Raises `StoreError`."""
        self._path = path
        self._pending = bytearray()
        self._digester = Digester()
        self._committed_bytes = 0
        with durable.disk_errors("creating", path):
            self._handle = durable.create_new(path)
            durable.sync_folder(path.parent)

    def write(self, data: bytes | memoryview) -> int:
        """Called by the muxer. Nothing touches the disk here."""
        self._pending += data
        return len(data)

    def commit(self) -> int:
        """Put all whole parts on the disk, synced; the bytes that were. Raises `StoreError`."""
        # The muxer gives bytes twice a second, and is asked after each packet.
        end = self._whole_bytes() if self._pending else 0
        if end == 0:
            return 0
        part = bytes(memoryview(self._pending)[:end])
        with durable.disk_errors("writing", self._path):
            self._append(part)
        self._digester.update(part)
        self._committed_bytes += end
        del self._pending[:end]
        return end

    def close(self) -> Digests:
        """Close the file; the digests of what is in it. Raises `StoreError`."""
        with durable.disk_errors("closing", self._path):
            handle, self._handle = self._handle, -1
            if handle >= 0:
                os.close(handle)
        return self._digester.result()

    @property
    def committed_bytes(self) -> int:
        """Bytes on the disk."""
        return self._committed_bytes

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

    def _whole_bytes(self) -> int:
        end = 0
        view = memoryview(self._pending)
        try:
            for box in whole_boxes(view):
                if box.type in _ENDS_A_PART:
                    end = box.end
        finally:
            view.release()
        return end
