"""A sounder as lines on standard error, with the terminal's own bell if that is wanted."""

import sys

from hal.drivers.lifecycle import Driver
from hal.drivers.sounder.pattern import as_text, check_pattern
from hal.drivers.terminal import BELL, write_line
from hal.interfaces.clock import Clock
from hal.interfaces.sounder import Beep


class TerminalSounder(Driver):
    """The `terminal` sounder."""

    def __init__(self, clock: Clock, *, label: str = "sounder", bell: bool = False) -> None:
        """`bell`: ring the bell of the terminal once a pattern, where standard error is one."""
        super().__init__(f"the terminal {label}")
        self._clock = clock
        self._label = label
        self._bell = bell

    def play(self, pattern: tuple[Beep, ...]) -> None:
        """Write a line for `pattern`. An empty one is no sound and no line."""
        self.require_open()
        check_pattern(pattern)
        if pattern:
            bell = BELL if self._bell and sys.stderr.isatty() else ""
            write_line(self._clock, self._label, as_text(pattern), bell)
