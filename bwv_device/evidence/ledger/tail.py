"""Where a segment ends that perhaps was cut off in the middle of a line.

Who uses it: the ledger, when it is opened. Pure.
"""

from dataclasses import dataclass

from bwv_device.evidence.ledger.entry import Entry, fits
from bwv_device.evidence.ledger.kinds import Own
from bwv_device.evidence.ledger.segment import Line, Opening, lines_of, opening_of


@dataclass(frozen=True, slots=True)
class Tail:
    """How a segment ends."""

    last: Entry | None
    """The last line that is an entry, fitting or not; the next one is chained to it."""
    opening: Opening | None
    """What the segment says of itself; None where its first line is not whole."""
    whole_bytes: int
    """Up to the end of the last line that fits the chain."""
    torn_bytes: int
    """Behind them, where no line is an entry: what a cut left of one that was being written."""
    unsigned: int
    """Entries behind the last signed head."""
    damaged: bool
    """There is a line that does not fit, with entries behind it: that was no cut."""


def tail_of(data: bytes) -> Tail:
    """Look at a whole segment."""
    lines = list(lines_of(data))
    opening = opening_of(lines[0].entry) if lines else None
    whole = _fitting(lines, opening)
    whole_bytes = lines[whole - 1].end if whole else 0
    behind = [line for line in lines[whole:] if line.entry is not None]
    last = next((line.entry for line in reversed(lines) if line.entry is not None), None)
    torn_bytes = 0 if behind else len(data) - whole_bytes
    return Tail(last, opening, whole_bytes, torn_bytes, _unsigned(lines), bool(behind))


def _unsigned(lines: list[Line]) -> int:
    count = 0
    for line in lines:
        if line.entry is not None:
            count = 0 if line.entry.kind == Own.HEAD else count + 1
    return count


def _fitting(lines: list[Line], opening: Opening | None) -> int:
    """How many lines fit, from the first on."""
    if opening is None:
        return 0
    before, number = bytes.fromhex(opening.before), None
    for place, line in enumerate(lines):
        entry = line.entry
        in_order = entry is not None and number in (None, entry.number - 1)
        if entry is None or not in_order or not fits(line.raw, entry, before):
            return place
        before, number = bytes.fromhex(entry.hash), entry.number
    return len(lines)
