"""When a picture of a network camera was captured, from when it arrived and its own time.

Who uses it: the `h264` camera for streams. Arrivals jitter, the stream's own times do not, but
they count from an unknown zero, in a clock that drifts against ours. The picture that was
underway for the shortest time shows the zero best.
"""

_MOST_DRIFT_PPM = 500
"""Quartz clocks are within 100 ppm; so fast the zero may move away from the best one seen."""
_JUMP_NS = 10_000_000_000
"""Own times further apart than this are those of a stream that began anew."""


class ArrivalTime:
    """For the pictures of one stream, in order; results rise strictly and are never later than
    the arrival, unless two pictures arrive in one nanosecond."""

    def __init__(self) -> None:
        self._zero_ns: int | None = None
        self._own_ns = 0
        self._newest_ns: int | None = None

    def capture_ns(self, arrived_ns: int, own_ns: int | None) -> int:
        """`own_ns`: the picture's time in the stream, None where it has none."""
        chosen_ns = arrived_ns if own_ns is None else self._mapped(arrived_ns, own_ns)
        if self._newest_ns is not None:
            chosen_ns = max(chosen_ns, self._newest_ns + 1)
        self._newest_ns = chosen_ns
        return chosen_ns

    def _mapped(self, arrived_ns: int, own_ns: int) -> int:
        seen_ns = arrived_ns - own_ns
        elapsed_ns = own_ns - self._own_ns
        if self._zero_ns is None or abs(elapsed_ns) > _JUMP_NS:
            self._zero_ns = seen_ns
        else:
            allowed_ns = self._zero_ns + max(0, elapsed_ns) * _MOST_DRIFT_PPM // 1_000_000
            self._zero_ns = min(seen_ns, allowed_ns)
        self._own_ns = own_ns
        return self._zero_ns + own_ns
