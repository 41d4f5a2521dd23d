"""Maps the time of a PortAudio stream onto the device's monotonic clock."""

import logging
from collections.abc import Callable

from hal.interfaces.clock import NS_PER_S, Clock

_log = logging.getLogger(__name__)

_TRIES = 3
_AGAIN_NS = NS_PER_S
"""Once a second: two quartzes 200 ppm apart part by 0.2 ms meanwhile."""
_YOUNGEST_NS, _OLDEST_NS = -NS_PER_S // 20, 2 * NS_PER_S
"""A block is heard before its callback, and not longer before than any buffer holds."""


class StreamTime:
    """Both clocks are read together; the closest of some readings counts. One thread."""

    def __init__(self, title: str, clock: Clock, stream_time_s: Callable[[], float]) -> None:
        """`title` for the log; `stream_time_s` reads the stream's clock."""
        self._title = title
        self._clock = clock
        self._stream_time_s = stream_time_s
        self._measured_ns: int | None = None
        self._offset_ns = 0
        self._newest_ns = -1
        self._warned = False

    def capture_ns(self, adc_s: float, block_ns: int) -> int:
        """Monotonic time of a block's first sample, from its stream time `adc_s`; the results
        rise strictly.

        A sound system that gives no usable time gets the time of the call less `block_ns`,
        the block's length, and a warning: some milliseconds are missing then.
        """
        now_ns = self._clock.monotonic_ns()
        if self._measured_ns is None or now_ns - self._measured_ns >= _AGAIN_NS:
            self._measure()
        self._newest_ns = max(self._judged(now_ns, adc_s, block_ns), self._newest_ns + 1)
        return self._newest_ns

    def _judged(self, now_ns: int, adc_s: float, block_ns: int) -> int:
        first_ns = round(adc_s * NS_PER_S) + self._offset_ns
        if adc_s > 0 and _YOUNGEST_NS <= now_ns - first_ns <= _OLDEST_NS:
            return first_ns
        if not self._warned:
            self._warned = True
            _log.warning("%s gives no usable capture time (%.3f s)", self._title, adc_s)
        return now_ns - block_ns

    def _measure(self) -> None:
        readings = [self._reading() for _ in range(_TRIES)]
        _, self._measured_ns, self._offset_ns = min(readings)

    def _reading(self) -> tuple[int, int, int]:
        """How long it took, when it was, and monotonic less stream time; nanoseconds."""
        before_ns = self._clock.monotonic_ns()
        stream_ns = round(self._stream_time_s() * NS_PER_S)
        after_ns = self._clock.monotonic_ns()
        return after_ns - before_ns, before_ns, (before_ns + after_ns) // 2 - stream_ns
