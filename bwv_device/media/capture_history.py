"""How capture came to run, so that a pre-record that is short can say why.

Who uses it: the keeper.
"""

from bwv_device.protocol.buffer_certificate import ShortCause, Shortfall
from hal.interfaces.clock import NS_PER_S

_NOT_RUNNING = {
    ShortCause.BOOTED: ShortCause.BOOTING,
    ShortCause.WOKE: ShortCause.STANDBY,
    ShortCause.CAPTURE_RESTARTED: ShortCause.CAPTURE_FAILED,
}
"""Why nothing was captured, by what the next session of capture will have been."""


class CaptureHistory:
    """The sessions of capture up to now; one thread uses it."""

    def __init__(self, first: ShortCause) -> None:
        """`first` is what the first session is: `BOOTED` where the camera goes to pre-record as
        soon as it is on, `WOKE` where it waits in standby, `CAPTURE_RESTARTED` in a process that
        takes the place of one that died."""
        self._next = first
        self._running = first
        self._opened_ns: int | None = None

    def opened(self, at_ns: int) -> None:
        """A session begins."""
        self._running, self._opened_ns = self._next, at_ns

    def closed(self, failure: str | None) -> None:
        """The session ends; `failure` says what broke it off, None when it was asked for."""
        self._next = ShortCause.CAPTURE_RESTARTED if failure else ShortCause.WOKE
        self._opened_ns = None

    def why_short(self, trigger_ns: int, *, at_ceiling: bool) -> Shortfall:
        """Why less than was asked lies before `trigger_ns`, should it be less."""
        if self._opened_ns is None:
            return Shortfall(cause=_NOT_RUNNING[self._next])
        if at_ceiling:
            return Shortfall(cause=ShortCause.BYTE_CAP)
        running_ns = max(0, trigger_ns - self._opened_ns)
        return Shortfall(cause=self._running, seconds=running_ns / NS_PER_S)
