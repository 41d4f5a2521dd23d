"""A screen as lines on standard error, at each change."""

from hal.drivers.lifecycle import Driver
from hal.drivers.terminal import write_line
from hal.interfaces.clock import Clock
from hal.interfaces.display import Screen


class TerminalDisplay(Driver):
    """The `terminal` display."""

    def __init__(self, clock: Clock, *, label: str = "display") -> None:
        """`label` stands before each line."""
        super().__init__(f"the terminal {label}")
        self._clock = clock
        self._label = label
        self._shown: Screen | None = None

    def show(self, screen: Screen) -> None:
        """Write the screen in one line, unless it is shown already."""
        self.require_open()
        if screen != self._shown:
            self._shown = screen
            parts = [f"[{screen.heading}]" if screen.heading else "dark", *screen.lines]
            write_line(self._clock, self._label, " | ".join(parts))
