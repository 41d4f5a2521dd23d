"""A vibration motor as lines on standard error."""

from hal.drivers.haptic.pattern import as_text, check_pattern
from hal.drivers.lifecycle import Driver
from hal.drivers.terminal import write_line
from hal.interfaces.clock import Clock
from hal.interfaces.haptic import Pulse


class TerminalHaptic(Driver):
    """The `terminal` haptic."""

    def __init__(self, clock: Clock, *, label: str = "haptic") -> None:
        """`label` stands before each line."""
        super().__init__(f"the terminal {label}")
        self._clock = clock
        self._label = label

    def play(self, pattern: tuple[Pulse, ...]) -> None:
        """Write a line for `pattern`. An empty one is no vibration and no line."""
        self.require_open()
        check_pattern(pattern)
        if pattern:
            write_line(self._clock, self._label, as_text(pattern))
