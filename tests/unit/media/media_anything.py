"""Whatever may reach the keeper, in any order that the recorder's queue can bring it; and which
pictures each recording then has to hold.

Used by the property test of the keeper that has no even world: pictures at any distance, groups
of any size, triggers that overlap, stops far in the past, sources that close and open again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from hypothesis import strategies as st

from bwv_device.evidence.records import EndReason
from bwv_device.media.messages import Begin, End, Idle, SourceClosed
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.take import HOLD_NS
from tests.unit.media.media_packets import MS, SOUND_RATE_HZ, S, sound, video
from tests.unit.media.media_rig import Rig

PICTURE_LAG_NS, SOUND_LAG_NS = 5 * MS, 40 * MS
_SOUND_STEP_NS = 1024 * S // SOUND_RATE_HZ
Kind = Literal["picture", "key", "begin", "end", "close", "fail", "reopen", "idle"]


@dataclass(frozen=True)
class Step:
    """Time passes, then something comes. `late_ns`: so long after its own instant."""

    after_ns: int
    kind: Kind
    late_ns: int
    size: int


PAUSES_NS = st.one_of(st.integers(MS, 120 * MS), st.integers(MS, 120 * MS), st.integers(MS, 4 * S))
LATES_NS = st.one_of(st.integers(MS, HOLD_NS), st.integers(0, S))
OFTEN: tuple[Kind, ...] = ("picture", "picture", "picture", "picture", "key")
ANY: tuple[Kind, ...] = (*OFTEN * 3, "begin", "end", "idle", "close", "fail", "reopen")


def _steps(*kinds: Kind) -> st.SearchStrategy[Step]:
    size_bytes = st.sampled_from([40, 3_000])
    return st.builds(Step, PAUSES_NS, st.sampled_from(kinds), LATES_NS, size_bytes)


@st.composite
def _recording(draw: st.DrawFn) -> list[Step]:
    """Pictures, a trigger, pictures, a stop: what chance alone would seldom bring together."""
    pictures = st.lists(_steps(*OFTEN), min_size=2, max_size=12)
    begin, end = _steps("begin"), _steps("end")
    return [*draw(pictures), draw(begin), *draw(pictures), draw(end)]


STEPS = st.lists(
    st.one_of(_recording(), st.lists(_steps(*ANY), min_size=5, max_size=20)), min_size=2, max_size=6
).map(lambda parts: [step for part in parts for step in part])


@dataclass
class Kept:
    """What one recording may hold, as far as the steps up to now say."""

    trigger_ns: int
    first: int | None = None
    """The picture that it begins with; None when that has still to come."""
    last_came: int = -1
    """The newest picture that came while it ran."""
    stop_ns: int | None = None
    released_ns: int = 0
    """Pictures up to here may have been in a file when the stop was understood."""
    over: bool = False

    def bounds(self, times_ns: Sequence[int]) -> tuple[int, int]:
        """The least and the greatest number of the picture behind its last one."""
        came = self.last_came + 1
        if self.first is None:
            return 0, 0
        if self.stop_ns is None:
            return came, came
        mine = range(self.first, came)
        before = sum(times_ns[number] < self.stop_ns for number in mine)
        written = sum(times_ns[number] <= self.released_ns for number in mine)
        return self.first + before, self.first + max(before, written)


@dataclass
class Player:
    """Plays steps to a keeper and keeps account of what has to come of them."""

    rig: Rig
    asked_ns: int
    keys: list[int] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    """Of each picture, by number."""
    sources: list[int] = field(default_factory=list)
    """The first picture of each source that was opened."""
    kept: list[Kept] = field(default_factory=list)
    sounds: int = 0
    _now_ns: int = 10 * S
    _first_of_source: int | None = None
    """Its number; None while no source is open."""
    _sound_ns: int = 0
    _newest_ns: int = 0

    def play(self, steps: Sequence[Step]) -> None:
        """All of them, and the end of the recorder."""
        self._open()
        for step in steps:
            self._now_ns += step.after_ns
            self._hear()
            self._do(step)
        self.rig.keeper.close()

    def same_source(self, first: int, numbers: Sequence[int]) -> list[int]:
        """Those of `numbers` that come from the source of picture `first`."""
        behind = min((start for start in self.sources if start > first), default=math.inf)
        return [number for number in numbers if number < behind]

    def _do(self, step: Step) -> None:
        match step.kind:
            case "picture" | "key":
                self._picture(is_key=step.kind == "key", size=step.size)
            case "begin":
                self._begin(self._now_ns - step.late_ns)
            case "end":
                self._end(self._now_ns - 3 * step.late_ns)
            case "idle":
                self.rig.at(self._now_ns, Idle())
            case "reopen":
                self._close(None, reopens=True)
                self._open()
            case "close" | "fail":
                self._close("the camera has gone" if step.kind == "fail" else None, reopens=False)

    def _open(self) -> None:
        if self._first_of_source is None:
            self.rig.clock.advance_ns(max(0, self._now_ns - self.rig.clock.monotonic_ns()))
            self.rig.open_source()
            self._first_of_source, self._sound_ns = len(self.times_ns), self._now_ns
            self.sources.append(self._first_of_source)

    def _close(self, failure: str | None, *, reopens: bool) -> None:
        if self._first_of_source is None:
            return
        self.rig.at(self._now_ns, SourceClosed(failure, reopens))
        self._first_of_source = None
        for kept in self.kept:
            kept.over = kept.over or not reopens or kept.stop_ns is not None

    def _hear(self) -> None:
        """The sound that has come meanwhile."""
        if self._first_of_source is None:
            return
        while self._sound_ns + _SOUND_STEP_NS + SOUND_LAG_NS <= self._now_ns:
            self._feed(sound(self._sound_ns, number=self.sounds))
            self.sounds += 1
            self._sound_ns += _SOUND_STEP_NS

    def _picture(self, *, is_key: bool, size: int) -> None:
        """The first picture of a source is a key frame, as an encoder makes it; a picture that
        comes with none open opens one."""
        self._open()
        number, time_ns = len(self.times_ns), self._now_ns - PICTURE_LAG_NS
        is_key = is_key or number == self._first_of_source
        self.times_ns.append(time_ns)
        self.keys += [number] * is_key
        for kept in self.kept:
            if not kept.over:
                kept.last_came = number
                if kept.first is None and is_key and not _is_behind(time_ns, kept.stop_ns):
                    kept.first = number
        self._feed(video(time_ns, key=is_key, number=number, size=size))

    def _feed(self, packet: EncodedPacket) -> None:
        self._newest_ns = max(self._newest_ns, packet.time_ns)
        self.rig.at(self._now_ns, packet)

    def _begin(self, trigger_ns: int) -> None:
        self.rig.at(self._now_ns, Begin(trigger_ns, "Button"))
        kept = Kept(trigger_ns, last_came=len(self.times_ns) - 1)
        if self._first_of_source is not None:
            kept.first = self._in_ring(trigger_ns - self.asked_ns, self._first_of_source)
        self.kept.append(kept)

    def _in_ring(self, from_ns: int, first_of_source: int) -> int | None:
        mine = [number for number in self.keys if number >= first_of_source]
        early = [number for number in mine if self.times_ns[number] <= from_ns]
        return early[-1] if early else next(iter(mine), None)

    def _end(self, stop_ns: int) -> None:
        self.rig.at(self._now_ns, End(stop_ns, "Button", EndReason.STOP))
        for kept in self.kept:
            if kept.stop_ns is None and not kept.over:
                kept.stop_ns, kept.released_ns = stop_ns, self._newest_ns - HOLD_NS


def _is_behind(time_ns: int, stop_ns: int | None) -> bool:
    return stop_ns is not None and time_ns >= stop_ns
