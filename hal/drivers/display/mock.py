"""A screen that keeps what it was told, with times."""

from hal.drivers.history import History
from hal.drivers.lifecycle import Driver
from hal.interfaces.clock import Clock
from hal.interfaces.display import Screen

_DARK = Screen("")


class MockDisplay(Driver):
    """The `mock` display. `history` survives `close`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("the mock display")
        self.history: History[Screen] = History(clock)

    @property
    def showing(self) -> Screen:
        """What a person would see: dark before the first screen and after `close`."""
        newest = self.history.newest
        return _DARK if newest is None or self.closing.is_set() else newest

    def show(self, screen: Screen) -> None:
        """Note `screen`, also when it is the same again."""
        self.require_open()
        self.history.add(screen)
