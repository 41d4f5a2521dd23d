"""The least pace of a body: who drips must not hold a turn that others wait for.

Who uses it: `receive`, for every body. Only time in which the server waited for the client counts;
a slow disk here is nobody's fault there.
"""

from dock_server.clock import ServerClock
from dock_server.errors import SlowClientError
from dock_server.settings import Limits


class Pace:
    """Of one body."""

    def __init__(self, limits: Limits, clock: ServerClock) -> None:
        self._window_s = limits.pace_window_s
        self._least_bytes = round(limits.pace_min_bytes_s * limits.pace_window_s)
        self._clock = clock
        self._began_s = 0.0
        self._waited_s = 0.0
        self._came_bytes = 0

    def wait_begins(self) -> None:
        """The server waits for the next bytes from now on."""
        self._began_s = self._clock.monotonic_s()

    def came(self, size_bytes: int) -> None:
        """They came; raises `SlowClientError` when it were too few in the last window."""
        self._waited_s += self._clock.monotonic_s() - self._began_s
        self._came_bytes += size_bytes
        if self._waited_s < self._window_s:
            return
        if self._came_bytes < self._least_bytes:
            raise SlowClientError(
                f"{self._came_bytes} bytes in {self._waited_s:.0f} s: at least "
                f"{self._least_bytes} are asked for"
            )
        self._waited_s, self._came_bytes = 0.0, 0
