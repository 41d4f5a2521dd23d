"""A vibration motor that keeps what it was told, with times."""

from hal.drivers.haptic.pattern import check_pattern
from hal.drivers.history import History
from hal.drivers.lifecycle import Driver
from hal.interfaces.clock import Clock
from hal.interfaces.haptic import Pulse


class MockHaptic(Driver):
    """The `mock` haptic. `history` survives `close`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("the mock haptic")
        self.history: History[tuple[Pulse, ...]] = History(clock)

    def play(self, pattern: tuple[Pulse, ...]) -> None:
        """Note `pattern`. An empty one is no vibration."""
        self.require_open()
        check_pattern(pattern)
        if pattern:
            self.history.add(pattern)
