"""A button that a program presses: for tests, the simulator and the demonstration.

It obeys the rules of a real one: edges alternate, time does not go back, a released button
can't be released.
"""

import threading
from collections.abc import Callable

from hal.drivers.lifecycle import InputDriver
from hal.drivers.options import require, require_positive
from hal.errors import DriverOptionError
from hal.interfaces.button import ButtonEdge
from hal.interfaces.clock import NS_PER_S, Clock

CLICK_S, BETWEEN_S = 0.1, 0.15
"""Length of a short press, and of the pause within a double one."""


class MockButton(InputDriver):
    """The `mock` button. Edges are reported in the thread that makes them.

    Helpers that make several edges stamp them as if time had passed and return at once; under
    a virtual clock, `press`, `advance_s`, `release` is the true sequence.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__("the mock button")
        self._clock = clock
        self._lock = threading.RLock()
        self._down = False
        self._last_ns: int | None = None
        self._on_edge: Callable[[ButtonEdge], None] | None = None

    def start(self, on_edge: Callable[[ButtonEdge], None]) -> None:
        """Report each edge to `on_edge`."""
        self.begin()
        self._on_edge = on_edge

    def press(self, at_ns: int | None = None) -> None:
        """Push down at `at_ns` monotonic, now when None. Raises `DriverOptionError` when it is
        down already or `at_ns` is before the last edge, `DeviceClosedError` when nobody
        listens."""
        self._edge(True, at_ns)

    def release(self, at_ns: int | None = None) -> None:
        """Let go; as `press`, the other way round."""
        self._edge(False, at_ns)

    def click(self, at_ns: int | None = None) -> int:
        """A short press; the instant of its release."""
        return self.hold(CLICK_S, at_ns)

    def double_click(self, at_ns: int | None = None) -> int:
        """Two short presses; the instant of the second release."""
        first_ns = self.click(at_ns)
        return self.click(first_ns + round(BETWEEN_S * NS_PER_S))

    def hold(self, for_s: float, at_ns: int | None = None) -> int:
        """Press and let go `for_s` seconds later; the instant of the release."""
        require_positive("for_s", for_s)
        with self._lock:
            begin_ns = self._clock.monotonic_ns() if at_ns is None else at_ns
            end_ns = begin_ns + round(for_s * NS_PER_S)
            self.press(begin_ns)
            self.release(end_ns)
        return end_ns

    def _edge(self, pressed: bool, at_ns: int | None) -> None:
        with self._lock:
            self.require_started()
            instant_ns = self._clock.monotonic_ns() if at_ns is None else at_ns
            if pressed is self._down:
                raise DriverOptionError(f"{self.title} is {'down' if pressed else 'up'} already")
            earliest_ns = instant_ns if self._last_ns is None else self._last_ns
            require(instant_ns >= earliest_ns, "at_ns", instant_ns, f"{earliest_ns} or later")
            self._down, self._last_ns = pressed, instant_ns
            if self._on_edge is not None:
                self._on_edge(ButtonEdge(pressed, instant_ns))
