"""A real file system of a few megabytes that a test may fill to the last byte.

Root may mount one. A container's root often may not; its /dev/shm is small by itself then (64 MB
is Docker's own), and what is not wanted of it is filled up.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.needs import no_hardware

SIZE_BYTES = 32 << 20
_SHARED_MEMORY = Path("/dev/shm")
_SMALL_BYTES = 256 << 20
"""A shared memory larger than this is not filled: it is the machine's own."""


@dataclass
class SmallDisk:
    """`folder` is on it."""

    folder: Path

    @property
    def free_bytes(self) -> int:
        return shutil.disk_usage(self.folder).free

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self, leave_bytes: int = 0) -> None:
        """Let another program's file take all room but so much."""
        with self._ballast.open("ab") as file, suppress(OSError):
            while (more := self.free_bytes - leave_bytes) > 0:
                file.write(bytes(min(more, 1 << 20)))
                file.flush()

    def empty(self) -> None:
        """Take that file away again."""
        self._ballast.unlink()


@contextmanager
def small_disk() -> Iterator[SmallDisk]:
    """One that is gone behind the block; the test is skipped where there can be none."""
    with tempfile.TemporaryDirectory(prefix="bwv-disk-") as folder:
        point = Path(folder)
        if os.geteuid() == 0 and _mounts(point):
            try:
                yield SmallDisk(point)
            finally:
                _run("umount", "--lazy", str(point))
            return
    usage = shutil.disk_usage(_SHARED_MEMORY) if _SHARED_MEMORY.is_dir() else None
    if usage is None or usage.total > _SMALL_BYTES:
        no_hardware("the right to mount a small file system, or a small /dev/shm")
    with tempfile.TemporaryDirectory(prefix="bwv-disk-", dir=_SHARED_MEMORY) as folder:
        yield SmallDisk(Path(folder))


def _mounts(point: Path) -> bool:
    options = f"size={SIZE_BYTES}"
    with suppress(OSError, subprocess.CalledProcessError):
        _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(point))
        return True
    return False


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=30)
