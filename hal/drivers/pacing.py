"""How sources without a device of their own (`scene`, `file`) keep real time.

A reader gets nothing before its time. One that comes late gets everything that it missed,
unless it is more than `backlog_s` late: then it is let off up to the present, and the source
says how much it left out.
"""

import threading
from dataclasses import dataclass
from fractions import Fraction

from hal.interfaces.clock import NS_PER_S, Clock

DEFAULT_BACKLOG_S = 1.0
"""As much as a real camera's or sound card's queue could hold for a slow reader."""


@dataclass(frozen=True, slots=True)
class Pacer:
    """Holds one reader back until an instant, until `closing` is set by another thread."""

    clock: Clock
    closing: threading.Event
    backlog_s: float

    def wait_until(self, due_ns: int, deadline_ns: int) -> bool:
        """Wait until `due_ns`, at most until `deadline_ns`; True when `due_ns` has come.

        Returns early, with what is true then, when `closing` is set.
        """
        until_ns = min(due_ns, deadline_ns)
        while (left_ns := until_ns - self.clock.monotonic_ns()) > 0:
            if self.clock.wait(self.closing, left_ns / NS_PER_S):
                break
        return self.clock.monotonic_ns() >= due_ns

    def deadline_ns(self, timeout_s: float) -> int:
        """The instant `timeout_s` from now."""
        return self.clock.monotonic_ns() + round(timeout_s * NS_PER_S)

    def too_late(self, due_ns: int) -> bool:
        """Whether what was due at `due_ns` is so old that it is left out."""
        return self.clock.monotonic_ns() - due_ns > self.backlog_s * NS_PER_S


@dataclass(frozen=True, slots=True)
class Beat:
    """Instants at an exact rational rate from an epoch; never drifts, never accumulates."""

    epoch_ns: int
    rate_hz: Fraction

    def at_ns(self, number: int) -> int:
        """The instant of beat `number`, rounded down to the nanosecond."""
        return (
            self.epoch_ns + number * NS_PER_S * self.rate_hz.denominator // self.rate_hz.numerator
        )

    def first_from(self, instant_ns: int) -> int:
        """The first beat that is not before `instant_ns`; 0 before the epoch."""
        number = max(0, int((instant_ns - self.epoch_ns) * self.rate_hz / NS_PER_S) - 1)
        while self.at_ns(number) < instant_ns:
            number += 1
        return number

    def newest_at(self, instant_ns: int) -> int:
        """The last beat that is not after `instant_ns`; 0 before the epoch."""
        first = self.first_from(instant_ns)
        return first if first == 0 or self.at_ns(first) == instant_ns else first - 1
