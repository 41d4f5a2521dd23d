"""What a sealed clip holds, found without any key: its units, by their trailers.

Who uses it: the repair, `check` and the adoption of unknown files, as they use `fragments.scan`
for clips in the clear. A ciphertext can't hold sixteen zero bytes in a row (once in 2^128), so what
was never written to the disk shows here too.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path

from bwv_device.evidence.boxes import find_bytes
from bwv_device.evidence.fragments import Scan
from bwv_device.evidence.sealing.trailer import (
    BLOCK_BYTES,
    MAGIC,
    TRAILER_BYTES,
    Info,
    info_at,
)

_NOT_WRITTEN = bytes(BLOCK_BYTES)


def scan_sealed(path: Path) -> Scan:
    """The units of `path`; `whole_bytes` counts the closing block in. Raises `OSError`."""
    size = path.stat().st_size
    if size == 0:
        return Scan(0)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        data = memoryview(mapped)
        try:
            return scan_sealed_bytes(data)
        finally:
            data.release()


def scan_sealed_bytes(data: memoryview) -> Scan:
    """As `scan_sealed`, for bytes at hand. Never raises on content.

    Only the last unit can have been cut off in the middle of its write, because each was synced
    before the next one was written. What was damaged before it stays: cutting there would lose
    all that follows.
    """
    infos = list(_infos(data))
    while infos and not _is_sound(data, infos):
        infos.pop()
    result = Scan(len(data), marks=[info.mark for info in infos])
    if infos:
        result.whole_bytes = infos[-1].mark.end_bytes + BLOCK_BYTES
    return result


def closing_at(data: memoryview, end_bytes: int) -> bytes:
    """The closing block of a clip whose last unit ends at `end_bytes`."""
    info = info_at(data, end_bytes - TRAILER_BYTES)
    assert info is not None, "it was found there a moment ago"
    return info.closing


def _infos(data: memoryview) -> Iterator[Info]:
    """Every trailer, in order; one with a wrong number is none."""
    number = 0
    at = find_bytes(data, MAGIC, 0, len(data))
    while at >= 0:
        info = info_at(data, at) if at % BLOCK_BYTES == 0 else None
        if info is not None and info.number >= number:
            number = info.number + 1
            yield info
            at = info.mark.end_bytes - len(MAGIC)
        at = find_bytes(data, MAGIC, at + len(MAGIC), len(data))


def _is_sound(data: memoryview, infos: list[Info]) -> bool:
    """Whether all of the last unit was written: nothing in it is zeros, and it does not begin with
    the block that closed the clip before it."""
    start = infos[-2].mark.end_bytes if len(infos) > 1 else 0
    end = infos[-1].mark.end_bytes
    # The trailer's own figures may well be zeros.
    if find_bytes(data, _NOT_WRITTEN, start, end - TRAILER_BYTES) >= 0:
        return False
    if data[end - BLOCK_BYTES : end] == _NOT_WRITTEN:
        return False
    return len(infos) < 2 or data[start : start + BLOCK_BYTES] != infos[-2].closing
