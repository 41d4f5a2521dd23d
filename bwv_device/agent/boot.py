"""When the camera is up: the store is repaired, and the recorder takes commands.

Who uses it: the agent. Both go on at once, and either may be the first to be done.
"""

import threading
from collections.abc import Callable

from bwv_device.firmware.events import Event
from bwv_device.media import messages
from bwv_device.media.messages import Report

_SETTLES = (messages.RecorderReady, messages.CaptureFailed)
"""A recorder that can't be had is a fault, and no reason to stay in `booting`."""


class Boot:
    """Posts how the boot went, once, as soon as nothing is left to wait for."""

    def __init__(self, post: Callable[[Event], None]) -> None:
        self._post = post
        self._lock = threading.Lock()
        self._outcome: Event | None = None
        self._recorder_settled = self._posted = False

    def store_done(self, outcome: Event) -> None:
        """The store is as good as it gets; `outcome` says how that went."""
        with self._lock:
            self._outcome = outcome
            self._post_when_complete()

    def hear(self, report: Report) -> None:
        """A report of the recorder."""
        if isinstance(report, _SETTLES):
            with self._lock:
                self._recorder_settled = True
                self._post_when_complete()

    def _post_when_complete(self) -> None:
        """With the lock held."""
        if self._recorder_settled and self._outcome is not None and not self._posted:
            self._posted = True
            self._post(self._outcome)
