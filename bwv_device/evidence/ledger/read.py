"""Reads a ledger from its folder, beside whoever writes it.

Who uses it: `bwv ledger`, the server's start, tests.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.ledger.check import Checked, Trusts, check_segments, trust_any
from bwv_device.evidence.ledger.entry import LINE_MAX_BYTES, digest_of
from bwv_device.evidence.ledger.head import Head
from bwv_device.evidence.ledger.segment import (
    lines_of,
    segment_file,
    segment_number,
    segment_numbers,
)


def segments_in(folder: Path) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each segment, in order. Raises `StoreError`."""
    with durable.disk_errors("reading the ledger", folder):
        for number in segment_numbers(folder):
            yield number, segment_file(folder, number).read_bytes()


def read_segments(paths: Iterable[Path]) -> list[tuple[int, bytes]]:
    """The segments in folders, and single ones, in order of their numbers. A server's names of
    them are taken too. Raises `StoreError`."""
    found: list[tuple[int, bytes]] = []
    for path in paths:
        with durable.disk_errors("reading", path):
            files = sorted(path.iterdir()) if path.is_dir() else [path] if path.exists() else []
            numbers = ((segment_number(file.name), file) for file in files)
            found += [(number, file.read_bytes()) for number, file in numbers if number is not None]
    return sorted(found)


def check_folder(folder: Path, known: tuple[Head, ...] = (), trusts: Trusts = trust_any) -> Checked:
    """Check the ledger in `folder`; one without a segment has no entry. Raises `StoreError`."""
    return check_segments(segments_in(folder), known, trusts)


@dataclass(frozen=True, slots=True)
class Link:
    """What an entry adds to the chain."""

    number: int
    digest: bytes
    hash: str
    """Of the chain behind it, hex."""


def links_after(folder: Path, number: int, most: int) -> list[Link]:
    """Up to `most` entries behind entry `number`; none where the ledger does not go on from there.
    Raises `StoreError`."""
    found: list[Link] = []
    for data in _segments_with(folder, number + 1):
        for line in lines_of(data):
            if len(found) == most:
                return found
            entry = line.entry
            if entry is not None and entry.number > number:
                found.append(Link(entry.number, digest_of(line.raw), entry.hash))
    return found


def _segments_with(folder: Path, number: int) -> Iterator[bytes]:
    """The segment that holds entry `number`, and those behind it."""
    with durable.disk_errors("reading the ledger", folder):
        numbers = segment_numbers(folder)
        begin = len(numbers)
        while begin > 0:
            begin -= 1
            if _first_number(segment_file(folder, numbers[begin])) <= number:
                break
        for segment in numbers[begin:]:
            yield segment_file(folder, segment).read_bytes()


def _first_number(path: Path) -> int:
    with path.open("rb") as file:
        line = next(lines_of(file.readline(LINE_MAX_BYTES)), None)
    return line.entry.number if line and line.entry else 0
