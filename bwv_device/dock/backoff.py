"""How long to wait before the same is tried again, and how often.

Who uses it: `destination` for requests, `worker` for whole rounds. Chance and clock are given.
"""

import logging
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

from bwv_device.dock.errors import DockError, StatusError
from bwv_device.dock.stop import Stop
from bwv_device.errors import Kind
from hal.interfaces.clock import NS_PER_S, Clock

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Chance = Callable[[], float]
"""A number in [0, 1), as `random.random` gives it."""

ATTEMPTS = 6
"""Tries of one request before the round goes on without it: about half a minute at the default
waits, enough for a server that starts anew."""
RETRY_AFTER_MOST_S = 3600.0
"""A server may ask for a longer wait; a camera in its dock does not give it more."""


class Backoff:
    """Waits that double from `first_s` to `most_s`, each cut by chance to 50 to 100 %.

    By chance, so that the cameras of a whole shift do not come back in step.
    """

    def __init__(self, first_s: float, most_s: float, chance: Chance) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._chance = chance
        self._count = 0

    def next_s(self) -> float:
        """Seconds to wait before the next try."""
        # The exponent is bounded: 2.0 ** 1024 is an OverflowError.
        whole_s = min(self._most_s, self._first_s * 2.0 ** min(self._count, 64))
        self._count += 1
        return whole_s * (0.5 + self._chance() / 2)

    def reset(self) -> None:
        """Begin again at the first wait, after a success."""
        self._count = 0


class Patience:
    """Tries a call until it succeeds, fails for good, or `ATTEMPTS` are used up."""

    def __init__(
        self,
        clock: Clock,
        stop: Stop,
        make_backoff: Callable[[], Backoff],
        on_wait: Callable[[DockError, float], None],
    ) -> None:
        """`on_wait` is told what failed, and how many seconds are waited for the next try."""
        self._clock = clock
        self._stop = stop
        self._make_backoff = make_backoff
        self._on_wait = on_wait

    def run(self, call: Callable[[], Result]) -> Result:
        """What `call` returns. Raises what it raises once that is not `RETRY`, or was raised
        `ATTEMPTS` times; raises `UndockedError` when the order to stop comes while waiting."""
        backoff = self._make_backoff()
        for _ in range(ATTEMPTS - 1):
            self._stop.check()
            try:
                return call()
            except DockError as error:
                self._stop.check()
                if error.kind is not Kind.RETRY:
                    raise
                self._wait(error, backoff.next_s())
        self._stop.check()
        return call()

    def _wait(self, error: DockError, backoff_s: float) -> None:
        asked_s = error.retry_after_s if isinstance(error, StatusError) else None
        wait_s = max(backoff_s, asked_s or 0.0)
        log.warning("%s; next try in %.1f s", error, wait_s)
        self._on_wait(error, wait_s)
        self._clock.wait(self._stop.event, wait_s)
        self._stop.check()


def parse_retry_after(value: str | None, date: str | None, utc_ns: int) -> float | None:
    """Seconds that a `Retry-After` asks for, at most `RETRY_AFTER_MOST_S`; None without one.

    It is a number of seconds or an HTTP date. A date is counted from the answer's own `date`
    where it has one, because this camera's clock may be wrong. Nonsense counts as none.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), RETRY_AFTER_MOST_S)
    at_s = _epoch_s(text)
    if at_s is None:
        log.warning("Retry-After can't be read: %.60r", value)
        return None
    now_s = _epoch_s(date) if date else None
    left_s = at_s - (utc_ns / NS_PER_S if now_s is None else now_s)
    return min(max(left_s, 0.0), RETRY_AFTER_MOST_S)


def _epoch_s(http_date: str) -> float | None:
    try:
        return parsedate_to_datetime(http_date).timestamp()
    except (ValueError, OverflowError):
        return None
