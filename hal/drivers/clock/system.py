"""The machine's own clocks; the only module that reads them."""

import threading
import time


class SystemClock:
    """CLOCK_MONOTONIC and CLOCK_REALTIME. May be used from every thread."""

    def monotonic_ns(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC, the clock in which V4L2 stamps its buffers."""
        return time.monotonic_ns()

    def utc_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC as the machine believes them to be."""
        return time.time_ns()

    def sleep_s(self, duration_s: float) -> None:
        """Return `duration_s` seconds later; at once when it is not positive."""
        if duration_s > 0:
            time.sleep(duration_s)

    def wait(self, signal: threading.Event, timeout_s: float | None) -> bool:
        """Wait until `signal` is set or `timeout_s` has passed; True when it is set."""
        return signal.wait(timeout_s)
