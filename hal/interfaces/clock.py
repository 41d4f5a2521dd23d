"""The two clocks of a device, and the only way to wait.

Who uses it: everybody that needs a time. Nobody else calls `time` or `datetime.now`.
"""

import threading
from typing import Protocol

NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """Monotonic time for the media timeline and deadlines, UTC for people."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start; never steps, never goes back."""

    def utc_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC; may be wrong and may step."""

    def sleep_s(self, duration_s: float) -> None:
        """Return `duration_s` seconds later; at once when it is not positive."""

    def wait(self, signal: threading.Event, timeout_s: float | None) -> bool:
        """Wait until `signal` is set or `timeout_s` has passed; True when it is set."""
