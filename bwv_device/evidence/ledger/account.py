"""What a camera did, second by second, read from its ledger: procedure L8.

Who uses it: `bwv ledger account`, the server's page, `bwv verify`. Pure. Whatever is asked for, the
stretches cover it without hole or overlap; what nobody vouches for is one of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bwv_device.evidence.ledger.entry import Entry
from bwv_device.evidence.ledger.kinds import HEARTBEAT_S, Kind
from bwv_device.evidence.ledger.placing import Run, lost_ns, runs_of

UNKNOWN, OFF, DOCKED, BOOTING = "unknown", "off", "docked", "booting"
"""Words for a stretch beside the states that are entered."""

SILENCE_MAX_NS = round(2 * HEARTBEAT_S * 1_000_000_000)
"""Without a sign for longer, nobody knows that the state went on: one may be late, two are not."""

_WORD_MAX = 40
"""A state has no longer word."""

BEFORE = "before the ledger begins"
BEHIND = "behind the ledger's last entry"
CUT = "it ended without being switched off: a power cut, or it was killed"
SILENT = "no sign of life"
MISSING = "entries are missing, or do not fit"
NOT_KEPT = "the card did not take the entries"


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `from_ns` up to `to_ns`, UTC."""

    from_ns: int
    to_ns: int
    state: str
    """A state of the firmware, `OFF`, or `UNKNOWN`."""
    why: str = ""
    """Why it is unknown; empty for what is known."""

    @property
    def length_ns(self) -> int:
        return self.to_ns - self.from_ns


@dataclass(frozen=True, slots=True)
class Account:
    """The whole of what was asked, in order."""

    stretches: tuple[Stretch, ...]
    remarks: tuple[str, ...] = ()
    """What a reader of the times has to know."""

    @property
    def unknown(self) -> tuple[Stretch, ...]:
        return tuple(each for each in self.stretches if each.state == UNKNOWN)

    def lengths_ns(self) -> dict[str, int]:
        """How long it was in each state altogether."""
        sums: dict[str, int] = {}
        for stretch in self.stretches:
            sums[stretch.state] = sums.get(stretch.state, 0) + stretch.length_ns
        return sums


def account(
    entries: Sequence[Entry], from_ns: int | None = None, to_ns: int | None = None
) -> Account:
    """Account for the time from `from_ns` up to `to_ns` (UTC); without them, for all of it.

    `entries` are those that a check found whole: where some are left out, their time is unknown.
    """
    runs, remarks = runs_of(entries)
    known = tuple(_joined(_stretches(runs)))
    if not known:
        blank = () if from_ns is None or to_ns is None else (Stretch(from_ns, to_ns, UNKNOWN),)
        return Account(tuple(replace(each, why=BEFORE) for each in blank), remarks)
    begin_ns = known[0].from_ns if from_ns is None else from_ns
    end_ns = known[-1].to_ns if to_ns is None else max(to_ns, begin_ns)
    around = (
        Stretch(min(begin_ns, known[0].from_ns), known[0].from_ns, UNKNOWN, BEFORE),
        *known,
        Stretch(known[-1].to_ns, max(end_ns, known[-1].to_ns), UNKNOWN, BEHIND),
    )
    return Account(tuple(_clipped(around, begin_ns, end_ns)), remarks)


def shifts(made: Account) -> list[Account]:
    """The parts of an account from the dock back to the dock; what was unknown between two times
    in the dock counts as outside of it, for nobody knows that it was not."""
    found: list[Account] = []
    part: list[Stretch] = []
    for stretch in (*made.stretches, None):
        if stretch is not None and stretch.state != DOCKED:
            part.append(stretch)
        elif part:
            found.append(Account(tuple(part), made.remarks))
            part = []
    return found


def _stretches(runs: Sequence[Run]) -> Iterator[Stretch]:
    """Each run's own, and what is between two runs; a run that begins before the one before has
    ended counts from there on."""
    cursor_ns = runs[0].begin_ns if runs else 0
    for place, run in enumerate(runs):
        if place and run.begin_ns > cursor_ns:
            yield _between(runs[place - 1], run, cursor_ns)
            cursor_ns = run.begin_ns
        for stretch in _of_run(run):
            begin_ns, end_ns = max(stretch.from_ns, cursor_ns), max(stretch.to_ns, cursor_ns)
            yield replace(stretch, from_ns=begin_ns, to_ns=end_ns)
            cursor_ns = end_ns


def _between(before: Run, behind: Run, from_ns: int) -> Stretch:
    if behind.entries[0].number != before.entries[-1].number + 1:
        return Stretch(from_ns, behind.begin_ns, UNKNOWN, MISSING)
    if before.ended:
        return Stretch(from_ns, behind.begin_ns, OFF)
    return Stretch(from_ns, behind.begin_ns, UNKNOWN, CUT)


def _of_run(run: Run) -> Iterator[Stretch]:
    """From sign of life to sign of life, and the holes in between."""
    holes = list(_holes(run))
    state = BOOTING
    for here, there in pairwise(run.placed):
        state = _state_from(here.entry, state)
        stretch = Stretch(here.at_ns, there.at_ns, state)
        if stretch.length_ns > SILENCE_MAX_NS:
            stretch = replace(stretch, state=UNKNOWN, why=SILENT)
        yield from _with_holes(stretch, holes)


def _state_from(entry: Entry, before: str) -> str:
    """The state from this entry on."""
    if entry.kind in (Kind.STATE, Kind.ALIVE):
        return str(entry.data.get("state", before))[:_WORD_MAX]
    return BOOTING if entry.kind == Kind.BOOT else before


def _holes(run: Run) -> Iterator[Stretch]:
    """Where entries are missing between two, in the ledger's order, and what it says was lost."""
    for here, there in pairwise(run.entries):
        times_ns = (here.stamp.mono_ns, there.stamp.mono_ns)
        if there.number != here.number + 1:
            yield _hole(run, min(times_ns), max(times_ns), MISSING)
    for entry in run.entries:
        if (lost := lost_ns(entry)) is not None:
            yield _hole(run, *lost, NOT_KEPT)


def _hole(run: Run, from_mono_ns: int, to_mono_ns: int, why: str) -> Stretch:
    return Stretch(run.offset_ns + from_mono_ns, run.offset_ns + to_mono_ns, UNKNOWN, why)


def _with_holes(stretch: Stretch, holes: Sequence[Stretch]) -> Iterator[Stretch]:
    """The stretch in pieces, those in a hole unknown."""
    marks = {stretch.from_ns, stretch.to_ns}
    for hole in holes:
        marks |= {at for at in (hole.from_ns, hole.to_ns) if stretch.from_ns < at < stretch.to_ns}
    for from_ns, to_ns in pairwise(sorted(marks)):
        piece = replace(stretch, from_ns=from_ns, to_ns=to_ns)
        found = [hole for hole in holes if hole.from_ns <= from_ns < hole.to_ns]
        yield replace(piece, state=UNKNOWN, why=found[0].why) if found else piece


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Neighbours that say the same are one; empty ones are none."""
    last: Stretch | None = None
    for stretch in stretches:
        if not stretch.length_ns:
            continue
        if last is not None and (last.state, last.why) == (stretch.state, stretch.why):
            last = replace(last, to_ns=stretch.to_ns)
            continue
        if last is not None:
            yield last
        last = stretch
    if last is not None:
        yield last


def _clipped(stretches: Iterable[Stretch], from_ns: int, to_ns: int) -> Iterator[Stretch]:
    for stretch in stretches:
        begin_ns, end_ns = max(stretch.from_ns, from_ns), min(stretch.to_ns, to_ns)
        if begin_ns < end_ns:
            yield replace(stretch, from_ns=begin_ns, to_ns=end_ns)
