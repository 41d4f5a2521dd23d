"""The clock of a world: whoever waits on it lets the world go on meanwhile.

Who uses it: the world. A dock client backs off between two tries by waiting; in one thread that
means that everything else happens first.
"""

import threading
from collections.abc import Callable

from firmware_sim.errors import WorldError
from hal.drivers.clock.virtual import VirtualClock
from hal.interfaces.clock import NS_PER_S

Pass = Callable[[int, Callable[[], bool]], None]
"""Lets the world go on up to an instant, or until it is so."""


class WorldClock(VirtualClock):
    """A `Clock`; only the world's thread waits on it."""

    def __init__(self, utc_ns: int, let_pass: Pass) -> None:
        super().__init__(utc_ns=utc_ns)
        self._let_pass = let_pass

    def wait(self, signal: threading.Event, timeout_s: float | None) -> bool:
        """Let the world go on for `timeout_s`, or until `signal` is set. Raises `WorldError`
        without a time: nobody else could set it."""
        if timeout_s is None:
            raise WorldError("somebody waits for ever in a world of one thread: give a time")
        self._let_pass(self._due_ns(timeout_s), signal.is_set)
        return signal.is_set()

    def sleep_s(self, duration_s: float) -> None:
        """Let the world go on for so long."""
        self._let_pass(self._due_ns(duration_s), lambda: False)

    def _due_ns(self, duration_s: float) -> int:
        return self.monotonic_ns() + round(max(0.0, duration_s) * NS_PER_S)
