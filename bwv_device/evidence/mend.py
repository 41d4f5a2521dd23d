"""Makes a clip that was cut off open again, durably, without changing a byte that was promised.

Who uses it: the repair. Each function takes the clip's file and what was found in it, and syncs the
file; its folder is the caller's. They raise `OSError`.
"""

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.boxes import free_box_header
from bwv_device.evidence.fragments import Scan
from bwv_device.evidence.sealing.scan import closing_at


def mend_clear(path: Path, found: Scan) -> None:
    """Cut what is torn, fence off what is damaged."""
    with _open(path) as handle:
        if found.whole_bytes < found.file_bytes:
            os.ftruncate(handle, found.whole_bytes)
        # Without the head nothing opens anyway: then the bytes stay as they are.
        for gap in found.gaps if found.tracks else ():
            os.pwrite(handle, free_box_header(len(gap)), gap.start)


def mend_sealed(path: Path, found: Scan) -> None:
    """Cut what is torn, and close the ciphertext behind the last unit."""
    end = found.marks[-1].end_bytes
    closing = _closing(path, end)
    with _open(path) as handle:
        durable.write_all_at(handle, closing, end)
        if found.whole_bytes < found.file_bytes:
            os.ftruncate(handle, found.whole_bytes)


@contextmanager
def _open(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        yield handle
        # After a kill, what was written may not have reached the card yet.
        os.fsync(handle)
    finally:
        os.close(handle)


def _closing(path: Path, end_bytes: int) -> bytes:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        data = memoryview(mapped)
        try:
            return closing_at(data, end_bytes)
        finally:
            data.release()
