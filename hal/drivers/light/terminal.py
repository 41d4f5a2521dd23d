"""A light as lines on standard error, one at each change."""

from hal.drivers.lifecycle import Driver
from hal.drivers.light.pattern import DEFAULT_COLOURS, as_text, check_pattern, known_colours
from hal.drivers.terminal import write_line
from hal.interfaces.clock import Clock
from hal.interfaces.light import LightPattern


class TerminalLight(Driver):
    """The `terminal` light."""

    def __init__(
        self, clock: Clock, *, label: str = "light", colours: tuple[str, ...] = DEFAULT_COLOURS
    ) -> None:
        """`label` stands before each line. Raises `DriverOptionError` when `colours` is empty."""
        super().__init__(f"the terminal {label}")
        self._clock = clock
        self._label = label
        self._colours = known_colours(colours)
        self._shown: LightPattern | None = None

    def show(self, pattern: LightPattern) -> None:
        """Write a line, unless `pattern` is shown already."""
        self.require_open()
        check_pattern(self.title, pattern, self._colours)
        if pattern != self._shown:
            self._shown = pattern
            write_line(self._clock, self._label, as_text(pattern))
