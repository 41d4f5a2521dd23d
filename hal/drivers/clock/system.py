"""The machine's own clocks; the only module that reads them."""

import threading
import time
from collections.abc import Callable

from hal.drivers.clock.kernel_estimate import kernel_error_ns
from hal.interfaces.clock import UtcReading

_TRIES = 3


class SystemClock:
    """CLOCK_MONOTONIC and CLOCK_REALTIME. May be used from every thread."""

    def monotonic_ns(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC, the clock in which V4L2 stamps its buffers."""
        return time.monotonic_ns()

    def utc_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC as the machine believes them to be."""
        return time.time_ns()

    def utc_reading(self) -> UtcReading:
        """Both clocks at one instant, and the kernel's bound on the error of UTC."""
        return read_pair(time.monotonic_ns, time.time_ns, kernel_error_ns)

    def sleep_s(self, duration_s: float) -> None:
        """Return `duration_s` seconds later; at once when it is not positive."""
        if duration_s > 0:
            time.sleep(duration_s)

    def wait(self, signal: threading.Event, timeout_s: float | None) -> bool:
        """Wait until `signal` is set or `timeout_s` has passed; True when it is set."""
        return signal.wait(timeout_s)


def read_pair(
    monotonic_ns: Callable[[], int], utc_ns: Callable[[], int], error_ns: Callable[[], int | None]
) -> UtcReading:
    """UTC between two readings of monotonic time: whoever interrupts us, the true pair is at
    most half that time away. The closest of some tries counts, and its half is in the error.

    The kernel is asked before and after, and the worse answer stands: UTC may be set meanwhile.
    """
    before_ns = error_ns()
    spent_ns, middle_ns, at_utc_ns = min(_try(monotonic_ns, utc_ns) for _ in range(_TRIES))
    after_ns = error_ns()
    if before_ns is None or after_ns is None:
        return UtcReading(at_utc_ns, middle_ns, None)
    return UtcReading(at_utc_ns, middle_ns, max(before_ns, after_ns) + -(-spent_ns // 2))


def _try(monotonic_ns: Callable[[], int], utc_ns: Callable[[], int]) -> tuple[int, int, int]:
    """How long it took, the middle of it, and UTC meanwhile."""
    before_ns = monotonic_ns()
    at_utc_ns = utc_ns()
    after_ns = monotonic_ns()
    return after_ns - before_ns, (before_ns + after_ns) // 2, at_utc_ns
