"""Where the entries of a ledger lie in UTC: each run by one offset, so that its seconds are those
of its monotonic clock whatever was done to UTC meanwhile.

Who uses it: `account`. Pure; the entries keep what they state.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bwv_device.evidence.ledger.entry import Entry, Stamp
from bwv_device.evidence.ledger.kinds import Kind, Own
from bwv_device.protocol.times import rfc3339, signed_seconds

STEP_NS = 50_000_000
"""As the recorder's: a smaller change of the offset is slewing, or the clocks being read apart."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and when it happened, UTC."""

    at_ns: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Run:
    """The entries of one run of the program, in the order of the ledger."""

    entries: tuple[Entry, ...]
    offset_ns: int
    """UTC less monotonic time, as the run knew it best."""
    is_synchronised: bool
    """Whether anybody answered for UTC while it ran."""

    @property
    def begin_ns(self) -> int:
        """UTC of its first instant."""
        return self.offset_ns + min(each.stamp.mono_ns for each in self.entries)

    @property
    def ended(self) -> bool:
        """Whether it was switched off in order."""
        return any(each.kind == Kind.OFF for each in self.entries)

    def placed(self) -> Iterator[Placed]:
        """In order of time; what came in later than it happened goes where it happened, and what
        says that entries were lost shows life when the first of them was made, too."""
        found = [(each.stamp.mono_ns, each.number, each) for each in self.entries]
        found += [
            (each.data["from_mono_ns"], each.number, each)
            for each in self.entries
            if lost_ns(each) is not None
        ]
        for mono_ns, _, entry in sorted(found, key=lambda each: each[:2]):
            yield Placed(self.offset_ns + mono_ns, entry)


def lost_ns(entry: Entry) -> tuple[int, int] | None:
    """From when to when (monotonic) entries were lost, by an entry that says so."""
    times_ns = entry.data.get("from_mono_ns"), entry.data.get("to_mono_ns")
    if entry.kind != Own.LOST or not all(isinstance(each, int) for each in times_ns):
        return None
    return entry.data["from_mono_ns"], entry.data["to_mono_ns"]


def runs_of(entries: Sequence[Entry]) -> tuple[list[Run], tuple[str, ...]]:
    """The runs in order, and what has to be said of their clocks."""
    groups = [tuple(group) for _, group in groupby(entries, key=lambda each: each.run)]
    runs = [_run(group) for group in groups]
    remarks = [remark for run in runs for remark in _clock_remarks(run)]
    return runs, (*remarks, *_overlaps(runs))


def _run(entries: tuple[Entry, ...]) -> Run:
    bounded = [each.stamp for each in entries if each.stamp.utc_error_ns is not None]
    best = (bounded or [entries[-1].stamp])[-1]
    return Run(entries, _offset_ns(best), bool(bounded))


def _offset_ns(stamp: Stamp) -> int:
    return stamp.utc_ns - stamp.mono_ns


def _clock_remarks(run: Run) -> Iterator[str]:
    first = run.entries[0]
    if not run.is_synchronised:
        yield f"from entry {first.number} on nobody answered for UTC: its dates may be wrong"
    before_ns = _offset_ns(first.stamp)
    for entry in run.entries[1:]:
        step_ns, before_ns = _offset_ns(entry.stamp) - before_ns, _offset_ns(entry.stamp)
        if abs(step_ns) > STEP_NS:
            yield f"at entry {entry.number} UTC was set by {signed_seconds(step_ns)} s"


def _overlaps(runs: Sequence[Run]) -> Iterator[str]:
    end_ns: int | None = None
    for run in runs:
        if end_ns is not None and run.begin_ns < end_ns:
            back = signed_seconds(run.begin_ns - end_ns)
            yield (
                f"the run from entry {run.entries[0].number} on begins at {rfc3339(run.begin_ns)}, "
                f"{back} s from the end of the one before: UTC was set back between the two"
            )
        end_ns = max(end_ns or 0, max(each.at_ns for each in run.placed()))
