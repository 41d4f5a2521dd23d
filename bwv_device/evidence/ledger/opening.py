"""What a ledger is found to be when it is opened: procedure L1.

Who uses it: `ledger`. A torn tail is cut off here; nothing else on the disk is changed.
"""

import hashlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bwv_device.evidence import durable
from bwv_device.evidence.ledger.entry import BEFORE_ALL, Entry
from bwv_device.evidence.ledger.kinds import Own
from bwv_device.evidence.ledger.segment import Opening, segment_file, segment_numbers
from bwv_device.evidence.ledger.tail import Tail, tail_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """Where to go on."""

    ledger: str = ""
    """The ledger's id; empty where there is none to go on with."""
    segment: int = 0
    """The newest segment's number."""
    number: int = 0
    hash: bytes = BEFORE_ALL
    """Of the last entry."""
    last: Entry | None = None
    unsigned: int = 0
    """Entries behind its last signed head."""
    goes_on: bool = False
    """The newest segment can be written on."""
    torn_bytes: int = 0
    torn_sha256: str = ""
    damaged: bool = False

    def entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What has to be entered of it."""
        if self.torn_bytes:
            what = {"bytes": self.torn_bytes, "sha256": self.torn_sha256}
            yield Own.TORN, {"segment": self.segment, **what}
        if self.damaged:
            yield Own.DAMAGE, {"segment": self.segment}


def look(folder: Path) -> Found:
    """Read the newest segment, and an older one where that one says too little; cut a torn tail
    off, and remove a segment that a cut left without one whole entry. Raises `OSError`."""
    numbers = segment_numbers(folder)
    if not numbers:
        return Found()
    newest = numbers[-1]
    path = segment_file(folder, newest)
    data = path.read_bytes()
    tail = tail_of(data)
    last, opening = tail.last, tail.opening
    for number in reversed(numbers[:-1]):
        if last is not None and opening is not None:
            break
        older = tail_of(segment_file(folder, number).read_bytes())
        last, opening = last or older.last, opening or older.opening
    is_empty = not tail.whole_bytes and not tail.damaged
    if is_empty:
        durable.remove(path)
    elif tail.torn_bytes:
        _cut(path, tail)
    return _found(newest - is_empty, last, opening, tail, data)


def _found(
    segment: int, last: Entry | None, opening: Opening | None, tail: Tail, data: bytes
) -> Found:
    torn = data[tail.whole_bytes :] if tail.torn_bytes else b""
    return Found(
        ledger=opening.ledger if opening else "",
        segment=segment,
        number=last.number if last else 0,
        hash=bytes.fromhex(last.hash) if last else BEFORE_ALL,
        last=last,
        unsigned=tail.unsigned,
        goes_on=bool(tail.whole_bytes) and not tail.damaged,
        torn_bytes=len(torn),
        torn_sha256=hashlib.sha256(torn).hexdigest() if torn else "",
        damaged=tail.damaged,
    )


def _cut(path: Path, tail: Tail) -> None:
    log.warning("%s: %s torn bytes are cut off", path, tail.torn_bytes)
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(handle, tail.whole_bytes)
        os.fsync(handle)
    finally:
        os.close(handle)
