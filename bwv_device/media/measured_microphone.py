"""A microphone whose clock is measured while it is read.

Who uses it: the capture session puts one around each microphone that it opens, below the
stand-in for a lost one, so that silence which is paced by our own clock is never measured.
"""

import logging
from collections.abc import Callable

from bwv_device.media.drift import Drift, DriftEstimate
from hal.interfaces.clock import NS_PER_S
from hal.interfaces.microphone import AudioBlock, Microphone, MicrophoneMode

log = logging.getLogger(__name__)

_TELL_NS = 10 * NS_PER_S


class MeasuredMicrophone:
    """A `Microphone`, and what it does with time; one reader thread."""

    def __init__(self, microphone: Microphone, tell: Callable[[Drift], None]) -> None:
        """`tell` hears the drift on the reader's thread, every 10 s once it is known."""
        self._microphone, self._tell = microphone, tell
        self._estimate: DriftEstimate | None = None
        self._tell_ns = 0
        self._told: Drift | None = None

    def start(self, epoch_ns: int) -> MicrophoneMode:
        """As the inner microphone's."""
        mode = self._microphone.start(epoch_ns)
        self._estimate = DriftEstimate(mode.rate_hz)
        return mode

    def read(self, timeout_s: float) -> AudioBlock | None:
        """As the inner microphone's."""
        block = self._microphone.read(timeout_s)
        if block is not None and self._estimate is not None:
            self._estimate.add(block.capture_ns, len(block.samples), block.lost_before)
            if block.capture_ns >= self._tell_ns:
                self._look(self._estimate.drift)
                self._tell_ns = block.capture_ns + _TELL_NS
        return block

    def close(self) -> None:
        """As the inner microphone's; says what was found, if anything was told."""
        told, self._told = self._told, None
        if told is not None:
            log.info("the microphone's clock was %+.1f ppm off", told.ppm)
        self._microphone.close()

    def _look(self, drift: Drift | None) -> None:
        if drift is None:
            return
        if self._told is None:
            log.info("the microphone's clock is %+.1f +/- %.1f ppm off", drift.ppm, drift.error_ppm)
        self._told = drift
        self._tell(drift)
