"""A dock contact that a program closes and opens: for tests and the simulator."""

import threading
from collections.abc import Callable

from hal.drivers.lifecycle import InputDriver


class MockDockContact(InputDriver):
    """The `mock` dock contact. Changes are reported in the thread that makes them."""

    def __init__(self, *, docked: bool = False) -> None:
        """`docked`: the state that `start` reports."""
        super().__init__("the mock dock contact")
        self._lock = threading.RLock()
        self._docked = docked
        self._on_change: Callable[[bool], None] | None = None

    def start(self, on_change: Callable[[bool], None]) -> None:
        """Report the present state to `on_change`, then each change."""
        with self._lock:
            self.begin()
            self._on_change = on_change
            on_change(self._docked)

    def dock(self) -> None:
        """Put the camera into the dock; nothing happens when it is there already. May come
        before `start`, which then reports it."""
        self._set(True)

    def undock(self) -> None:
        """Take the camera out; as `dock`."""
        self._set(False)

    def _set(self, docked: bool) -> None:
        with self._lock:
            self.require_open()
            changed, self._docked = docked is not self._docked, docked
            if changed and self._on_change is not None:
                self._on_change(docked)
