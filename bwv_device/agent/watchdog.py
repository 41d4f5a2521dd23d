"""Tells systemd that the camera is up, what it does, and that its owner thread lives.

Who uses it: the agent. Without systemd (no `NOTIFY_SOCKET`) it starts no thread; without a
`WatchdogSec` in the unit it tells the state alone. The library is `systemd-watchdog`; see
docs/design/media-process.md.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from systemd_watchdog.systemd_watchdog import WatchDog

from bwv_device.firmware.states import State
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)

_US_PER_S = 1_000_000
_LONGEST_S = 10.0
"""Between two looks at the state, for a unit without `WatchdogSec`."""
_SHARE = 3
"""A beat each third of systemd's patience: one may come late."""
_BOOT_LOOK_S = 0.2
_NOT_READY = (State.OFF, State.BOOTING)


@dataclass(frozen=True, slots=True)
class Beat:
    """A question to the owner thread: do you live?"""

    answered: threading.Event


class Watchdog:
    """From `start` to `close`, a thread; the owner thread answers each beat posted to it."""

    def __init__(
        self,
        clock: Clock,
        state: Callable[[], State],
        post: Callable[[Beat], None],
        systemd: WatchDog | None = None,
    ) -> None:
        self._clock, self._state, self._post = clock, state, post
        self._systemd = systemd if systemd is not None else WatchDog()
        self._interval_s = min(_LONGEST_S, self._systemd.timeout / _US_PER_S / _SHARE)
        self._told: State | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin, where systemd wants to know."""
        if self._systemd.is_enabled:
            self._thread.start()

    def close(self) -> None:
        """Say no more."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._clock.wait(self._closing, self._pause_s()):
            self._ask()
            self._tell_state()

    def _pause_s(self) -> float:
        return min(_BOOT_LOOK_S, self._interval_s) if self._told is None else self._interval_s

    def _ask(self) -> None:
        beat = Beat(threading.Event())
        self._post(beat)
        if self._clock.wait(beat.answered, self._interval_s):
            self._say(self._systemd.notify)
        else:
            log.error("the owner thread has not answered for %.1f s", self._interval_s)

    def _tell_state(self) -> None:
        """`READY` with the first state behind the boot; each one for `systemctl status`."""
        state = self._state()
        if state in _NOT_READY or state is self._told:
            return
        if self._told is None:
            self._say(self._systemd.ready)
        self._say(lambda: self._systemd.status(state.value))
        self._told = state

    def _say(self, word: Callable[[], None]) -> None:
        try:
            word()
        except OSError as error:
            # A camera does not stop recording because nobody listens.
            log.error("systemd was not told: %s", error)
