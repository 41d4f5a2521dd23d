"""Segments: the files of a ledger, and the lines in one.

Who uses it: the writer when it opens, the checks, the dock client and the server.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bwv_device.evidence.ledger.entry import Entry, is_hash, parse_line
from bwv_device.evidence.ledger.errors import NoEntryError
from bwv_device.evidence.ledger.kinds import Own

FOLDER = "ledger"
"""Below a store's folder, and below a server's."""

_NAME = re.compile(r"(?:ledger_)?(\d{8})\.jsonl", re.ASCII)
"""As a ledger's folder has it, and as a destination has it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands, and what it says; `entry` is None where it is none."""

    place: int
    """In its segment, from 1."""
    start: int
    """Bytes of the segment before it."""
    raw: bytes
    """With its line feed, which the last one of a cut file may lack."""
    entry: Entry | None
    problem: str
    """Why it is no entry; empty where it is one."""

    @property
    def end(self) -> int:
        return self.start + len(self.raw)


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first entry of a segment says of it."""

    ledger: str
    """The ledger's id."""
    device: str
    segment: int
    before: str
    """Hex: the hash before this entry."""


def lines_of(data: bytes) -> Iterator[Line]:
    """Each line of a segment; a line ends with a line feed and with nothing else."""
    start = place = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        place += 1
        yield _line(place, start, data[start:end])
        start = end


def _line(place: int, start: int, raw: bytes) -> Line:
    try:
        return Line(place, start, raw, parse_line(raw), "")
    except NoEntryError as error:
        return Line(place, start, raw, None, str(error))


def opening_of(entry: Entry | None) -> Opening | None:
    """What `entry` says of its segment; None where it is not the first of one."""
    if entry is None or entry.kind != Own.SEGMENT:
        return None
    found = entry.data
    words = [found.get(name) for name in ("ledger", "device", "before")]
    number = found.get("segment")
    if not all(isinstance(word, str) for word in words) or not isinstance(number, int):
        return None
    if not is_hash(found["before"]):
        return None
    return Opening(found["ledger"], found["device"], number, found["before"])


def segment_file(folder: Path, number: int) -> Path:
    """Where the segment is, or would be."""
    return folder / f"{number:08d}.jsonl"


def segment_number(name: str) -> int | None:
    """The number of the segment in a file of this name; None where that is none."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else None


def segment_numbers(folder: Path) -> list[int]:
    """The segments of the ledger in `folder`, in order; none where there is no folder."""
    if not folder.is_dir():
        return []
    numbers = (segment_number(path.name) for path in folder.iterdir())
    found = (number for number in numbers if number is not None)
    return sorted(number for number in found if segment_file(folder, number).exists())
