"""Where the server's time comes from, and the one place that reads the system's clocks.

Who uses it: `serve` hands `SYSTEM_CLOCK` on; tests hand on their own.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerClock:
    """Two clocks: one for what is written down, one for how long something lasts."""

    utc_ns: Callable[[], int]
    """Nanoseconds since 1970 UTC; may jump when the machine's time is set."""
    monotonic_s: Callable[[], float]
    """Seconds that never go back."""


SYSTEM_CLOCK = ServerClock(time.time_ns, time.monotonic)  # noqa: TID251 - the one wiring
