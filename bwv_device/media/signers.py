"""The signer of the clips that are being recorded: at hand, and the same for a whole recording.

Who uses it: the keeper. Opening a signer reads keys from the card, or asks a token, and the first
time it imports what signatures need: that is done beside the start and between recordings, and not
at a trigger. A certificate that was renewed meanwhile is used from the next recording on.
"""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from bwv_device.errors import BwvError
from bwv_device.media.messages import Report, SigningFailed

if TYPE_CHECKING:
    from bwv_device.evidence.signer import Signer

log = logging.getLogger(__name__)

OpenSigner = Callable[[], "Signer"]
"""Raises a `BwvError` when there is none to be had now."""


class Signers:
    """One owner uses it; `prepare` works beside that one."""

    def __init__(self, open_signer: OpenSigner | None, report: Callable[[Report], None]) -> None:
        """`open_signer` is None where clips are not signed."""
        self._open, self._report = open_signer, report
        self._opening = threading.Lock()
        self._current: Signer | None = None

    def prepare(self) -> None:
        """Begin to open it, on a thread of its own; whoever needs it meanwhile waits."""
        threading.Thread(target=self.renew, name="signer", daemon=True).start()

    def current(self) -> "Signer | None":
        """The signer of what is recorded now; None where there is none, which is told."""
        with self._opening:
            if self._current is None:
                self._take()
            return self._current

    def renew(self) -> None:
        """Nothing is recorded: take what has changed. One that can't be had now leaves the
        former one."""
        with self._opening:
            self._take()

    def _take(self) -> None:
        if self._open is None:
            return
        try:
            self._current = self._open()
        except BwvError as error:
            log.error("the signer can't be opened: %s", error)
            self._report(SigningFailed(str(error)))
