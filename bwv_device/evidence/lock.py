"""One agent a store: the lock that keeps a second one out."""

import fcntl
import os
from pathlib import Path

from bwv_device.evidence.errors import StoreBusyError

FILE_NAME = "lock"


class StoreLock:
    """Held from construction to `close`; the kernel frees it when the process dies."""

    def __init__(self, folder: Path) -> None:
        """Raises `StoreBusyError`, naming the holder, when another process holds it."""
        self._handle = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._handle, 32, 0).decode("ascii", "replace").strip()
            os.close(self._handle)
            raise StoreBusyError(
                f"the store in {folder} is in use by process {holder or 'unknown'}: stop that "
                "agent, or give this one another storage folder"
            ) from error
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
