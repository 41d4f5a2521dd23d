"""Tries to get a lost part back, about once a second, in a thread of its own.

Who uses it: the steady camera and the steady microphone, whose readers must not wait while a
driver looks for a device that is not there.
"""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from bwv_device.errors import BwvError
from hal.errors import HalError
from hal.interfaces.clock import Clock
from hal.interfaces.part import Part

log = logging.getLogger(__name__)

RETRY_S = 1.0
"""Also before the first try: a part that comes and goes is reported once a second at most."""
PATIENCE_S = 2.0
"""So long `close` waits for a driver that is just opening; it is given back when it returns."""

FoundT = TypeVar("FoundT")


class Reopener(Generic[FoundT]):
    """From its construction until something was found, or `close`."""

    def __init__(
        self,
        clock: Clock,
        lost: Part,
        attempt: Callable[[threading.Event], FoundT],
        give_back: Callable[[FoundT], None],
    ) -> None:
        """Close `lost`, then call `attempt` until it raises no `HalError` or `BwvError`.

        `attempt` is given the event that tells it to make haste, and closes what it opened when
        it fails; `give_back` closes what was found and is not wanted any more.
        """
        self._clock, self._lost = clock, lost
        self._attempt, self._give_back = attempt, give_back
        self.found_or_closing = threading.Event()
        """Set when `take` gives something, or never will: what a reader may wait for."""
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._found: FoundT | None = None
        self._said = ""
        self._thread = threading.Thread(target=self._run, name="reopen", daemon=True)
        self._thread.start()

    def take(self) -> FoundT | None:
        """What was found, once; from then on it is the caller's to close."""
        with self._lock:
            found, self._found = self._found, None
            return found

    def close(self) -> None:
        """End the tries and close what was found and not taken. Closing twice is allowed."""
        self._closing.set()
        self.found_or_closing.set()
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            log.error("a driver hangs while it opens its device: it is closed when it returns")
        found = self.take()
        if found is not None:
            self._give_back(found)

    def _run(self) -> None:
        close_quietly(self._lost)
        while not self._clock.wait(self._closing, RETRY_S):
            found = self._try()
            if found is not None:
                self._offer(found)
                return

    def _try(self) -> FoundT | None:
        try:
            return self._attempt(self._closing)
        except (HalError, BwvError) as error:
            self._say(str(error))
        except Exception as error:
            # A driver's own mistake must not end the tries: the part may come back all the same.
            log.exception("trying to open a part again has failed")
            self._say(repr(error))
        return None

    def _say(self, why: str) -> None:
        """Into the log, once for each reason."""
        if why != self._said:
            self._said = why
            log.warning("not back yet: %s", why)

    def _offer(self, found: FoundT) -> None:
        with self._lock:
            is_wanted = not self._closing.is_set()
            if is_wanted:
                self._found = found
        if not is_wanted:
            self._give_back(found)
        self.found_or_closing.set()


def close_quietly(part: Part) -> None:
    """Close a part that may be gone; what its driver says about that goes into the log."""
    try:
        part.close()
    except HalError as error:
        log.warning("closing %s has failed: %s", type(part).__name__, error)
    except Exception:
        # As above: the search goes on with whatever can be opened.
        log.exception("closing %s has failed", type(part).__name__)
