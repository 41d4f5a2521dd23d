"""A light that keeps what it was told, with times, and refuses what a real one can't do."""

from hal.drivers.history import History
from hal.drivers.lifecycle import Driver
from hal.drivers.light.pattern import DEFAULT_COLOURS, check_pattern, known_colours
from hal.interfaces.clock import Clock
from hal.interfaces.light import DARK, LightPattern


class MockLight(Driver):
    """The `mock` light. `history` survives `close`."""

    def __init__(
        self, clock: Clock, *, label: str = "light", colours: tuple[str, ...] = DEFAULT_COLOURS
    ) -> None:
        """`label` names it in messages. Raises `DriverOptionError` when `colours` is empty."""
        super().__init__(f"the mock {label}")
        self._colours = known_colours(colours)
        self.history: History[LightPattern] = History(clock)

    @property
    def showing(self) -> LightPattern:
        """What a person would see: dark before the first pattern and after `close`."""
        newest = self.history.newest
        return DARK if newest is None or self.closing.is_set() else newest

    def show(self, pattern: LightPattern) -> None:
        """Note `pattern`, also when it is the same again."""
        self.require_open()
        check_pattern(self.title, pattern, self._colours)
        self.history.add(pattern)
