"""The fragment chain: beside each clip a text file that names every unit of it, hash by hash.

A unit is the head of the clip (number 0) or one fragment. Each has a line, which is added once the
unit itself is synced. So a clip that was cut off, or of which only a part was given on, can be
shown to be what was recorded, unit by unit; and the chain's last hash stands for all of them.

Who uses it: the clip's file writes it, the repair settles it after a cut, `check` holds it against
the journal, and the manifest signs it. Fields of a line, separated by one blank:

    number  clear-end  stored-end  frames  media-end  SHA-256  chain  closing

The ends are bytes of the file, in the clear and as it is stored; they differ in a sealed clip.
`frames` and `media-end` (ns from the start of the first picture) count up to the unit's end.
`SHA-256` is that of the unit in the clear, and `chain` is h(n) = SHA-256(h(n-1) || SHA-256), over
raw bytes, with 32 zero bytes for h(-1). `closing` is a sealed clip's closing block at this unit,
`-` in a clear one. Hashes are lower-case hex.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bwv_device.evidence import durable

HEADER = b"bwv-chain 1\n"
START = bytes(32).hex()
"""What the first unit is chained to."""
_NO_CLOSING = "-"
_LINE = re.compile(
    r"(\d{1,19}) (\d{1,19}) (\d{1,19}) (\d{1,19}) (\d{1,19})"
    r" ([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9a-f]{32}|-)\n",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One line of the chain."""

    number: int
    """0 is the head."""
    clear_end_bytes: int
    stored_end_bytes: int
    """Of the file as it is on the disk; in a sealed clip the closing block is counted in."""
    frames: int
    """Pictures up to the end of this unit."""
    media_end_ns: int
    """How much of the picture's time is in the clip up to the end of this unit."""
    sha256: str
    """Of the unit in the clear."""
    chain: str
    """Of all units up to this one."""
    closing: str = ""
    """The closing block of a sealed clip that ends here; empty in a clear one."""

    def line(self) -> bytes:
        """As it stands in the file."""
        fields = (
            *(self.number, self.clear_end_bytes, self.stored_end_bytes, self.frames),
            *(self.media_end_ns, self.sha256, self.chain, self.closing or _NO_CLOSING),
        )
        return (" ".join(map(str, fields)) + "\n").encode("ascii")


def chained(before: str, sha256: str) -> str:
    """h(n) from h(n-1) and the SHA-256 of unit n."""
    return hashlib.sha256(bytes.fromhex(before) + bytes.fromhex(sha256)).hexdigest()


def parse_chain(data: bytes) -> tuple[Unit, ...]:
    """The units of a chain file, up to the first line that is torn or does not follow from the
    one before it; never raises on content."""
    if not data.startswith(HEADER):
        return ()
    units: list[Unit] = []
    for raw in data[len(HEADER) :].splitlines(keepends=True):
        unit = _unit(raw)
        if unit is None or not _follows(unit, units):
            break
        units.append(unit)
    return tuple(units)


def read_chain(path: Path) -> tuple[Unit, ...]:
    """As `parse_chain`; empty when there is no file. Raises `OSError` when it can't be read."""
    try:
        return parse_chain(path.read_bytes())
    except FileNotFoundError:
        return ()


def is_whole(path: Path) -> bool:
    """Whether the file is a chain and nothing else. Raises `OSError`."""
    data = path.read_bytes()
    return data == written(parse_chain(data))


def written(units: Iterable[Unit]) -> bytes:
    """What the file of these units holds."""
    return HEADER + b"".join(unit.line() for unit in units)


class ChainFile:
    """The chain of a clip that is being written, or settled after a cut; one thread uses it.

    `add` leaves the sync to `sync`: what is promised is the clip, and its next unit must not wait
    for a line about this one.
    """

    def __init__(self, path: Path, keep: int = 0) -> None:
        """Open `path`, making it if need be; of the lines that it has, the first `keep` stay and
        nothing else. Its name is durable once the caller has synced the folder. Raises `OSError`.
        """
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._keep(path.read_bytes(), keep)
        except OSError:
            os.close(self._handle)
            raise

    def _keep(self, found: bytes, keep: int) -> None:
        """Lines that stay are never written anew: a cut must not take them along."""
        # A chain without a line is an empty file: room for one is asked for with the first unit.
        units = parse_chain(found)[:keep]
        self._end = len(written(units)) if units else 0
        # After a kill, lines that can be read may not have reached the card yet.
        self._is_synced = False
        os.ftruncate(self._handle, self._end)

    def add(self, unit: Unit) -> None:
        """Write the next line. What a failed try has left is written over. Raises `OSError`."""
        line = unit.line() if self._end else HEADER + unit.line()
        self._is_synced = False
        durable.write_all_at(self._handle, line, self._end)
        self._end += len(line)

    def sync(self) -> None:
        """Make durable what was added. Raises `OSError`."""
        if not self._is_synced:
            durable.sync_data(self._handle)
            self._is_synced = True

    def close(self) -> None:
        """Fine when that was done."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)


def _unit(raw: bytes) -> Unit | None:
    match = _LINE.fullmatch(raw.decode("ascii", "replace"))
    if match is None:
        return None
    number, clear_end, stored_end, frames, media_end = map(int, match.groups()[:5])
    sha256, chain, closing = match.groups()[5:]
    closing = "" if closing == _NO_CLOSING else closing
    return Unit(number, clear_end, stored_end, frames, media_end, sha256, chain, closing)


def _follows(unit: Unit, before: list[Unit]) -> bool:
    """Whether the line may stand behind those `before` it."""
    last = before[-1] if before else None
    if unit.number != len(before):
        return False
    if unit.chain != chained(last.chain if last else START, unit.sha256):
        return False
    if last is None:
        return True
    return last.clear_end_bytes < unit.clear_end_bytes and bool(last.closing) == bool(unit.closing)
