"""Virtual time: one heap of what is due, and a clock that jumps from one thing to the next.

Who uses it: everything of the simulator. One thread; nothing waits. Procedure S1 of
docs/design/simulator.md.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_sim.errors import WorldError
from firmware_sim.world_clock import WorldClock
from hal.interfaces.clock import NS_PER_S

Deed = Callable[[], None]

START_UTC_NS = 1_800_000_000 * NS_PER_S
"""2027-01-15 08:00:00 UTC, of every world that says nothing else."""


@dataclass(order=True, slots=True)
class _Due:
    at_ns: int
    order: int
    deed: Deed = field(compare=False)
    called_off: bool = field(default=False, compare=False)


class World:
    """The clock, and what is still to come."""

    def __init__(self, utc_ns: int = START_UTC_NS) -> None:
        self.clock = WorldClock(utc_ns, self.run_until)
        self.deeds_done = 0
        self._due: list[_Due] = []
        self._order = 0

    @property
    def now_ns(self) -> int:
        """Since the world began, which is the monotonic time of every camera in it."""
        return self.clock.monotonic_ns()

    def at(self, at_ns: int, deed: Deed) -> Callable[[], None]:
        """Do `deed` at `at_ns`; what comes back calls it off. Things of one instant happen in the
        order in which they were asked for. Raises `WorldError` when that instant is over."""
        if at_ns < self.now_ns:
            raise WorldError(
                f"something is to happen at {at_ns / NS_PER_S:.3f} s, and it is "
                f"{self.now_ns / NS_PER_S:.3f} s: give a time that is still to come"
            )
        due = _Due(at_ns, self._order, deed)
        self._order += 1
        heapq.heappush(self._due, due)

        def call_off() -> None:
            due.called_off = True

        return call_off

    def after(self, delay_s: float, deed: Deed) -> Callable[[], None]:
        """Do `deed` in `delay_s` seconds."""
        return self.at(self.now_ns + round(delay_s * NS_PER_S), deed)

    def soon(self, deed: Deed) -> None:
        """Do `deed` at this instant, behind what is being done."""
        self.at(self.now_ns, deed)

    def run_until(self, at_ns: int, is_so: Callable[[], bool] = lambda: False) -> None:
        """Let everything happen up to and including `at_ns`; it is that late afterwards. Ends
        sooner once `is_so`. A deed may call it: then the rest of the world goes on in it."""
        while self._due and self._due[0].at_ns <= at_ns:
            if is_so():
                return
            due = heapq.heappop(self._due)
            if due.called_off:
                continue
            self._pass_to(due.at_ns)
            due.deed()
            self.deeds_done += 1
        if not is_so():
            self._pass_to(at_ns)

    def _pass_to(self, at_ns: int) -> None:
        if at_ns > self.now_ns:
            self.clock.advance_ns(at_ns - self.now_ns)


class Alarm:
    """One deed that is put off and brought forward, such as the firmware's next deadline."""

    def __init__(self, world: World, deed: Deed) -> None:
        self._world, self._deed = world, deed
        self._at_ns: int | None = None
        self._call_off: Callable[[], None] | None = None

    def set(self, at_ns: int | None) -> None:
        """Go off at `at_ns`, or at once where that is over; None: not at all."""
        if at_ns == self._at_ns:
            return
        if self._call_off is not None:
            self._call_off()
        self._at_ns, self._call_off = at_ns, None
        if at_ns is not None:
            self._call_off = self._world.at(max(at_ns, self._world.now_ns), self._go_off)

    def _go_off(self) -> None:
        self._at_ns = self._call_off = None
        self._deed()
