"""Room on the disk: asked for before a body is taken, so that a full disk is said early.

Who uses it: the upload handler, on the event loop. Bodies under way are counted, so that two
large ones can't both be promised the last gigabyte.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dock_server.errors import FullError

FreeBytes = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Bytes that an unprivileged process may still write on the file system of `folder`."""
    return shutil.disk_usage(folder).free


class SpaceBook:
    """Promises of room to bodies under way."""

    def __init__(self, folder: Path, reserve_bytes: int, free: FreeBytes = free_bytes) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._free = free
        self._promised_bytes = 0

    @contextmanager
    def promise(self, size_bytes: int) -> Iterator[None]:
        """Room for `size_bytes` (0 when not known) while the block runs; raises `FullError`.

        What a body has written already is counted twice until it ends: the mistake is on the
        safe side.
        """
        needed = self._promised_bytes + size_bytes + self._reserve_bytes
        left = self._free(self._folder)
        if left < needed:
            raise FullError(f"{left} bytes are free, {needed} are needed: make room")
        self._promised_bytes += size_bytes
        try:
            yield
        finally:
            self._promised_bytes -= size_bytes
