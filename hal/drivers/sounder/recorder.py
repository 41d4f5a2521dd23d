"""A sounder without a sound: it keeps what was played and when it would have been heard."""

import threading
from dataclasses import dataclass

from hal.drivers.history import History
from hal.drivers.lifecycle import Driver
from hal.drivers.sounder.pattern import check_pattern, length_ns
from hal.interfaces.clock import Clock
from hal.interfaces.sounder import Beep


@dataclass(frozen=True, slots=True)
class Played:
    """A pattern, heard from `begin_ns` to `end_ns` monotonic: after any before it."""

    pattern: tuple[Beep, ...]
    begin_ns: int
    end_ns: int


class RecorderSounder(Driver):
    """The `recorder` sounder. `history` survives `close`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("the recorder sounder")
        self.history: History[Played] = History(clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._busy_until_ns = 0

    def play(self, pattern: tuple[Beep, ...]) -> None:
        """Note `pattern` behind those that would still play. An empty one is no sound."""
        self.require_open()
        check_pattern(pattern)
        with self._lock:
            begin_ns = max(self._clock.monotonic_ns(), self._busy_until_ns)
            self._busy_until_ns = begin_ns + length_ns(pattern)
            if pattern:
                self.history.add(Played(pattern, begin_ns, self._busy_until_ns))
