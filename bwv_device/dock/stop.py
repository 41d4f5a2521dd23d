"""The order to stop at once, which also breaks off the request in flight.

Who uses it: the worker gives it when the camera leaves the dock; everything else obeys.
"""

import threading
from collections.abc import Callable

from bwv_device.dock.errors import UndockedError


class Stop:
    """Given once, from any thread. `event` is there for `Clock.wait`."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []

    def set(self) -> None:
        """Give the order and call everybody who asked to be told; a second time does nothing."""
        with self._lock:
            self.event.set()
            calls, self._calls = self._calls, []
        for call in calls:
            call()

    def on_set(self, call: Callable[[], None]) -> None:
        """Have `call` called by `set`, or at once when the order was given already."""
        with self._lock:
            if not self.event.is_set():
                self._calls.append(call)
                return
        call()

    def is_set(self) -> bool:
        return self.event.is_set()

    def check(self) -> None:
        """Raises `UndockedError` when the order was given."""
        if self.event.is_set():
            raise UndockedError("taken off the dock before all was sent: dock the camera again")
