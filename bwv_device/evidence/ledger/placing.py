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


_SAY_STATE = frozenset({Kind.STATE, Kind.ALIVE})


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
    placed: tuple[Placed, ...]
    """In order of time; see `_placed`."""

    @property
    def begin_ns(self) -> int:
        """UTC of its first instant."""
        return self.placed[0].at_ns

    @property
    def end_ns(self) -> int:
        """UTC of its last."""
        return self.placed[-1].at_ns

    @property
    def ended(self) -> bool:
        """Whether it was switched off in order."""
        return any(each.kind == Kind.OFF for each in self.entries)


def _placed(entries: Sequence[Entry], offset_ns: int) -> tuple[Placed, ...]:
    """In order of time; what came in later than it happened goes where it happened, and what says
    that entries were lost shows life when the first of them was made, too.

    What the thread that decides says of its state is in its own order: an event that it heard of
    late (the store was in order, and the recorder not yet) counts from then on.
    """
    found: list[tuple[int, int, Entry]] = []
    said_ns = min(each.stamp.mono_ns for each in entries)
    for each in entries:
        mono_ns = each.stamp.mono_ns
        if each.kind in _SAY_STATE:
            mono_ns = said_ns = max(mono_ns, said_ns)
        found.append((mono_ns, each.number, each))
        if (lost := lost_ns(each)) is not None:
            found.append((lost[0], each.number, each))
    found.sort(key=lambda each: each[:2])
    return tuple(Placed(offset_ns + mono_ns, entry) for mono_ns, _, entry in found)


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
    offset_ns = _offset_ns(best)
    return Run(entries, offset_ns, bool(bounded), _placed(entries, offset_ns))


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
        end_ns = run.end_ns if end_ns is None else max(end_ns, run.end_ns)
