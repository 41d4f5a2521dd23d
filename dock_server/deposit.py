"""One body on its way to the disk: hashed as it comes, read back before it is believed.

Who uses it: `intake`, from worker threads. The lock makes `abandon` safe while a write that
nobody waits for any more is still running: a file handle is never closed under it.
"""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from bwv_device.evidence.digests import Digester, Digests
from bwv_device.evidence.durable import create_new, sync_folder
from dock_server.errors import CutOffError, FaultError

Write = Callable[[int, bytes], None]

READ_ONLY = 0o400


def sha256_of(path: Path) -> str:
    """SHA-256 of what the disk gives for `path`, in hex. Raises `OSError`."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Comparison:
    """A body that is only hashed, to be compared with what is stored already."""

    def __init__(self) -> None:
        self._digester = Digester()

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._digester.update(data)

    def digests(self) -> Digests:
        """Of everything taken so far."""
        return self._digester.result()

    def abandon(self) -> None:
        """Nothing was kept."""


class Deposit(Comparison):
    """A body in a temporary file of its own."""

    def __init__(self, path: Path, write: Write, handle: int) -> None:
        """Go on with the open `handle` of `path`; it is closed here."""
        super().__init__()
        self._path = path
        self._write = write
        self._lock = threading.Lock()
        self._handle = handle
        self._moved = False

    @classmethod
    def new(cls, path: Path, write: Write) -> Self:
        """Create `path`, which must not exist. Raises `OSError`."""
        return cls(path, write, create_new(path))

    @property
    def path(self) -> Path:
        """Where the body lies now."""
        return self._path

    def write(self, data: bytes) -> None:
        """Hash and write the next bytes. Raises `OSError`, `CutOffError` once abandoned."""
        with self._lock:
            super().write(data)
            self._write(self._open_handle(), data)

    def settle(self) -> None:
        """Make the body durable and read it back; raises `OSError` or `FaultError`.

        The pages are dropped from memory first, so that the reading asks the disk.
        """
        with self._lock:
            handle = self._open_handle()
            os.fchmod(handle, READ_ONLY)
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            self._close()
            if sha256_of(self._path) != self.digests().sha256:
                raise FaultError("the disk does not give back what was written: check the disk")

    def move(self, target: Path) -> None:
        """Give the settled body its final name, durably. Raises `OSError`."""
        with self._lock:
            os.rename(self._path, target)
            self._path, self._moved = target, True
            sync_folder(target.parent)

    def withdraw(self) -> None:
        """Take the final name back, because the catalogue did not take the object."""
        with self._lock:
            self._path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Remove the temporary file unless it has its final name; may be called twice."""
        with self._lock:
            self._close()
            if not self._moved:
                self._path.unlink(missing_ok=True)

    def _open_handle(self) -> int:
        if self._handle < 0:
            raise CutOffError("the upload was given up")
        return self._handle

    def _close(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
