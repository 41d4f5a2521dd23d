"""Settles the chain of a clip that was cut off: what is in the clip has its line, nothing else.

Who uses it: the repair, once the clip itself is mended. A line that was written while recording is
kept, also where the unit has been damaged since: it says what the unit was.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from bwv_device.evidence.chain import START, ChainFile, Unit, chained, read_chain
from bwv_device.evidence.digests import READ_BYTES
from bwv_device.evidence.fragments import Scan
from bwv_device.evidence.sidecars import chain_file


def settle_chain(clip_file: Path, found: Scan) -> str | None:
    """Make the chain agree with a clip in the clear, in which `found` was found; its last hash,
    None for a clip without a whole fragment. The folder has to be synced behind it. Raises
    `OSError`."""
    kept = _kept(clip_file, found)
    with clip_file.open("rb") as data:
        return _settled(clip_file, kept, _missing(data, found, kept))


def settle_sealed_chain(clip_file: Path, found: Scan) -> str | None:
    """As `settle_chain`, for a sealed clip: what has no line gets none, because without the private
    key nobody can hash it."""
    return _settled(clip_file, _kept(clip_file, found), ())


def _kept(clip_file: Path, found: Scan) -> list[Unit]:
    """The lines of what is in the clip."""
    end = found.marks[-1].end_bytes if found.marks else 0
    return [unit for unit in read_chain(chain_file(clip_file)) if unit.clear_end_bytes <= end]


def _settled(clip_file: Path, kept: list[Unit], missing: Iterable[Unit]) -> str | None:
    head = kept[-1].chain if kept else None
    file = ChainFile(chain_file(clip_file), len(kept))
    try:
        for unit in missing:
            file.add(unit)
            head = unit.chain
        file.sync()
    finally:
        file.close()
    return head


def _missing(data: BinaryIO, found: Scan, kept: list[Unit]) -> Iterator[Unit]:
    """Lines for the units behind those that have one, hashed as they are on the disk."""
    start, head = (kept[-1].clear_end_bytes, kept[-1].chain) if kept else (0, START)
    marks = [mark for mark in found.marks if mark.end_bytes > start]
    for number, mark in enumerate(marks, len(kept)):
        sha256 = _sha256(data, start, mark.end_bytes)
        head = chained(head, sha256)
        ends = (mark.end_bytes, mark.end_bytes)
        yield Unit(number, *ends, mark.frames, mark.media_end_ns, sha256, head)
        start = mark.end_bytes


def _sha256(data: BinaryIO, start: int, end: int) -> str:
    """Of the bytes from `start` to `end`."""
    digest = hashlib.sha256()
    data.seek(start)
    while start < end:
        piece = data.read(min(READ_BYTES, end - start))
        if not piece:
            raise OSError(0, "the clip became shorter while it was read")
        digest.update(piece)
        start += len(piece)
    return digest.hexdigest()
