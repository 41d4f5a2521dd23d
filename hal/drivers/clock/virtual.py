"""A clock that stands still until it is told to go on: for tests and simulations.

Who should not use it: a device that runs real hardware, which does not wait to be told.
"""

import threading

from hal.drivers.options import require
from hal.interfaces.clock import NS_PER_S, UtcReading

_LOOK_S = 0.001
"""Real seconds between two looks at the time by a waiter whose signal somebody else sets."""


class VirtualClock:
    """Monotonic time moves by `advance_s` only; UTC keeps its offset to it until it is stepped.

    Every method may be called from every thread. A waiter whose time comes returns soon after
    `advance_s`, in its own thread: `advance_s` does not wait for it, `until_waiting` does.
    """

    def __init__(self, *, monotonic_ns: int = 0, utc_ns: int = 1_800_000_000 * NS_PER_S) -> None:
        """The clock's first readings, in nanoseconds (the default UTC is in January 2027)."""
        require(monotonic_ns >= 0, "monotonic_ns", monotonic_ns, "0 or more")
        self._changed = threading.Condition()
        self._now_ns = monotonic_ns
        self._utc_offset_ns = utc_ns - monotonic_ns
        self._utc_error_ns: int | None = None
        self._deadlines_ns: dict[int, int | None] = {}

    def monotonic_ns(self) -> int:
        """The instant to which the clock was advanced."""
        with self._changed:
            return self._now_ns

    def utc_ns(self) -> int:
        """Monotonic time plus the present offset."""
        with self._changed:
            return self._now_ns + self._utc_offset_ns

    def utc_reading(self) -> UtcReading:
        """Both times, and the error that was last set; None until one is."""
        with self._changed:
            return UtcReading(self._now_ns + self._utc_offset_ns, self._now_ns, self._utc_error_ns)

    def sleep_s(self, duration_s: float) -> None:
        """Return once the clock was advanced by `duration_s`; at once when not positive."""
        if duration_s <= 0:
            return
        with self._changed:
            deadline_ns = self._now_ns + round(duration_s * NS_PER_S)
            self._enter(duration_s)
            self._changed.wait_for(lambda: self._now_ns >= deadline_ns)
            self._leave()

    def wait(self, signal: threading.Event, timeout_s: float | None) -> bool:
        """Wait until `signal` is set or the clock was advanced by `timeout_s`."""
        with self._changed:
            deadline_ns = self._enter(timeout_s)
        try:
            if deadline_ns is None:
                return signal.wait()
            while not signal.wait(_LOOK_S) and self.monotonic_ns() < deadline_ns:
                pass
            return signal.is_set()
        finally:
            with self._changed:
                self._leave()

    def advance_s(self, duration_s: float) -> None:
        """Let `duration_s` seconds pass at once. Raises `DriverOptionError` when negative."""
        require(duration_s >= 0, "duration_s", duration_s, "0 or more: time never goes back")
        self.advance_ns(round(duration_s * NS_PER_S))

    def advance_ns(self, duration_ns: int) -> None:
        """Let `duration_ns` nanoseconds pass at once, exactly."""
        require(duration_ns >= 0, "duration_ns", duration_ns, "0 or more: time never goes back")
        with self._changed:
            self._now_ns += duration_ns
            self._changed.notify_all()

    def step_utc_s(self, step_s: float) -> None:
        """Set the wall clock `step_s` forward, or back when negative; monotonic time stays.
        As with a kernel, nobody answers for UTC after it, until `set_utc_error_s` says so."""
        with self._changed:
            self._utc_offset_ns += round(step_s * NS_PER_S)
            self._utc_error_ns = None

    def set_utc_error_s(self, error_s: float | None) -> None:
        """Let UTC be right within `error_s` seconds from now on, or nobody know; it does not grow
        by itself. Raises `DriverOptionError` when negative."""
        require(error_s is None or error_s >= 0, "error_s", error_s, "0 or more, or None")
        with self._changed:
            self._utc_error_ns = None if error_s is None else round(error_s * NS_PER_S)

    def next_deadline_ns(self) -> int | None:
        """The earliest instant for which a thread waits, None when none waits for a time."""
        with self._changed:
            return min((at for at in self._deadlines_ns.values() if at is not None), default=None)

    def until_waiting(self, threads: int = 1, real_timeout_s: float = 10.0) -> None:
        """Block, in real time, until at least `threads` others wait for a time still to come.

        Raises `TimeoutError` after `real_timeout_s`: those threads are stuck elsewhere.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting() >= threads, real_timeout_s):
                raise TimeoutError(f"{self._waiting()} of {threads} threads wait on the clock")

    def _waiting(self) -> int:
        return sum(at is None or at > self._now_ns for at in self._deadlines_ns.values())

    def _enter(self, duration_s: float | None) -> int | None:
        deadline_ns = None if duration_s is None else self._now_ns + round(duration_s * NS_PER_S)
        self._deadlines_ns[threading.get_ident()] = deadline_ns
        self._changed.notify_all()
        return deadline_ns

    def _leave(self) -> None:
        del self._deadlines_ns[threading.get_ident()]
