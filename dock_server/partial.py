"""The bytes of an unfinished upload: a deposit that can be left, and gone on with later.

Who uses it: `upload_book` opens one, `upload_body` writes to it, all in worker threads.
"""

import os
from pathlib import Path
from typing import Self

from bwv_device.evidence.digests import READ_BYTES, Digester, Digests
from bwv_device.evidence.durable import sync_data, sync_folder
from dock_server.deposit import Deposit, Write
from dock_server.errors import LostUploadError


class Partial(Deposit):
    """Not thread-safe beyond what a deposit is: one request has it at a time."""

    _mark: Digester | None = None

    @classmethod
    def new(cls, path: Path, write: Write) -> Self:
        """Create `path` and make its name durable. Raises `OSError`."""
        made = super().new(path, write)
        sync_folder(path.parent)
        return made

    @classmethod
    def reopen(cls, path: Path, write: Write, offset_bytes: int, prefix_sha256: str) -> Self:
        """Go on at `offset_bytes`: cut off what was never promised, and hash what was.

        Raises `LostUploadError` when the file does not hold what was promised, and `OSError`.
        """
        try:
            path.chmod(0o600)  # A crash between settling and renaming leaves it read-only.
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise LostUploadError("its file is gone") from error
        made = cls(path, write, handle)
        try:
            made._read_back(offset_bytes, prefix_sha256)
        except BaseException:
            made.park()
            raise
        return made

    def _read_back(self, offset_bytes: int, prefix_sha256: str) -> None:
        size_bytes = os.fstat(self._handle).st_size
        if size_bytes < offset_bytes:
            raise LostUploadError(f"its file has {size_bytes} of {offset_bytes} bytes")
        os.ftruncate(self._handle, offset_bytes)
        while data := os.read(self._handle, READ_BYTES):
            self._digester.update(data)
        if self.digests().sha256 != prefix_sha256:
            raise LostUploadError("the disk does not give back what was written")

    def sync(self) -> Digests:
        """Make what was written so far durable; these bytes may be promised. Raises `OSError`."""
        with self._lock:
            sync_data(self._open_handle())
            return self.digests()

    def mark(self) -> None:
        """Remember this point for `take_back`."""
        self._mark = self._digester.copy()

    def take_back(self) -> None:
        """Undo what was written since `mark`. Raises `OSError`."""
        with self._lock:
            if self._mark is not None:
                self._digester = self._mark.copy()
                os.ftruncate(self._open_handle(), self.digests().bytes)
                os.lseek(self._handle, 0, os.SEEK_END)

    def park(self) -> None:
        """Close the file and leave it where it is."""
        with self._lock:
            self._close()
