"""One agent a store: the lock that keeps a second one out."""

import fcntl
import os
from pathlib import Path

from bwv_device.evidence.errors import StoreBusyError

FILE_NAME = "lock"


class StoreLock:
    """Held from construction to `close`; the kernel frees it when the process dies.

    A process that was forked off (not started anew) shares it, and would keep it alive.
    """

    def __init__(self, folder: Path) -> None:
        """Raises `StoreBusyError`, naming the holder, when it is held already, `OSError` for
        what the disk does."""
        self._handle = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._sign()
        except BlockingIOError as error:
            holder = self._holder()
            self.close()
            raise StoreBusyError(
                f"the store in {folder} is in use by process {holder}: stop that agent, or give "
                "this one another storage folder",
                holder_has_died=_has_died(holder),
            ) from error
        except OSError:
            self.close()
            raise

    @classmethod
    def inherited(cls, handle: int) -> "StoreLock":
        """The lock that the process which started this one shares with it by `handle`."""
        lock = cls.__new__(cls)
        lock._handle = handle
        os.set_inheritable(handle, False)
        return lock

    @property
    def handle(self) -> int:
        """What a process that works on the same store for us has to inherit. The store stays
        held until it has ended too."""
        return self._handle

    def close(self) -> None:
        """Let go of the store; fine when that was done."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _sign(self) -> None:
        """Leave our process id for whoever finds the lock held."""
        # Written before it is cut, so that nobody ever reads an empty file.
        line = f"{os.getpid()}\n".encode("ascii")
        os.pwrite(self._handle, line, 0)
        os.ftruncate(self._handle, len(line))

    def _holder(self) -> str:
        first, _, _ = os.pread(self._handle, 32, 0).partition(b"\n")
        return first.decode("ascii", "replace") or "unknown"


def _has_died(holder: str) -> bool:
    """Whether the process that took the lock is gone, so that one which it started holds it."""
    try:
        os.kill(int(holder), 0)
    except ProcessLookupError:
        return True
    except (ValueError, PermissionError):
        return False
    return False
