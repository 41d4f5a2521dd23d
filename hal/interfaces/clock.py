"""The two clocks of a device, and the only way to wait.

Who uses it: everybody that needs a time. Nobody else calls `time` or `datetime.now`.
"""

import threading
from dataclasses import dataclass
from typing import Protocol

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class UtcReading:
    """UTC and monotonic time of one instant, and how far UTC may be from the truth."""

    utc_ns: int
    monotonic_ns: int
    error_ns: int | None
    """The time of day was this far off at most, either way, the reading's own error included.
    None: nobody knows, which is how it is until a time server or a receiver has set it."""

    @property
    def offset_ns(self) -> int:
        """UTC less monotonic time: it changes only when UTC is stepped."""
        return self.utc_ns - self.monotonic_ns

    @property
    def is_synchronised(self) -> bool:
        """Whether somebody answers for UTC, and how well is known."""
        return self.error_ns is not None


class Clock(Protocol):
    """Monotonic time for the media timeline and deadlines, UTC for people."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start; never steps, never goes back."""

    def utc_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC; may be wrong and may step."""

    def utc_reading(self) -> UtcReading:
        """Both clocks at one instant, with a bound on the error of UTC; never raises."""

    def sleep_s(self, duration_s: float) -> None:
        """Return `duration_s` seconds later; at once when it is not positive."""

    def wait(self, signal: threading.Event, timeout_s: float | None) -> bool:
        """Wait until `signal` is set or `timeout_s` has passed; True when it is set."""
