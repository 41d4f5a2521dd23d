"""The keyboard as the one button: space is a short press, s a press that is held.

Who uses it: people who try the agent without a button. Two quick spaces are a double press.
"""

import logging
import threading
from collections.abc import Callable

from hal.drivers.button.tty import KeyReader
from hal.drivers.lifecycle import InputDriver
from hal.interfaces.button import ButtonEdge
from hal.interfaces.clock import Clock

_log = logging.getLogger(__name__)

PRESSES_S = {" ": 0.05, "s": 3.2}
"""How long each key holds the button down: a terminal does not say when a key comes up."""
REST_S = 0.05
"""How long it stays up at least: keys that are typed ahead are presses of their own, and no
contact bounce."""
_JOIN_S = 2.0


class KeyboardButton(InputDriver):
    """The `keyboard` button. A thread of its own reads the terminal and reports edges."""

    def __init__(self, clock: Clock, *, device: str = "/dev/tty") -> None:
        """`device`: the terminal."""
        super().__init__(f"the keyboard button on {device}")
        self._clock = clock
        self._keys = KeyReader(device)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.ignored_keys = 0
        """Keys that mean nothing here."""

    def start(self, on_edge: Callable[[ButtonEdge], None]) -> None:
        """Take the keys. Raises `DeviceMissingError` where there is no terminal."""
        self.begin()
        self._keys.open()
        self._thread = threading.Thread(
            target=self._run, args=(on_edge,), name="keyboard button", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Put the terminal back; a key that is held comes up at once."""
        with self._lock:
            thread, self._thread = self._thread, None
            super().close()
        if thread is None:
            return
        self._keys.wake()
        thread.join(_JOIN_S)
        if thread.is_alive():
            _log.warning("%s: who listens to it does not return", self.title)
            self._keys.restore()
        else:
            self._keys.close()

    def _run(self, on_edge: Callable[[ButtonEdge], None]) -> None:
        while (key := self._keys.key()) is not None:
            if key in PRESSES_S:
                self._press(PRESSES_S[key], on_edge)
            else:
                self.ignored_keys += 1
        if not self.closing.is_set():
            _log.error("%s: the terminal has gone, there is no button any more", self.title)

    def _press(self, held_s: float, on_edge: Callable[[ButtonEdge], None]) -> None:
        on_edge(ButtonEdge(True, self._clock.monotonic_ns()))
        self._clock.wait(self.closing, held_s)
        on_edge(ButtonEdge(False, self._clock.monotonic_ns()))
        self._clock.wait(self.closing, REST_S)
