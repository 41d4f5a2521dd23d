"""How fast the microphone's clock runs against the capture clock, in parts per million.

Who uses it: the measured microphone. The figure is evidence of what the resampler had to
correct; nothing is steered by it.

It is a line through samples counted against capture time, over a whole session, kept as sums.
`numpy.polyfit` and `statistics.linear_regression` want every point again: 1.4 million after
eight hours.
"""

import math
from dataclasses import dataclass

from hal.interfaces.clock import NS_PER_S

_SETTLE_NS = NS_PER_S
"""Left out at the start of each stretch: stamps were up to 160 ms early in the first half
second (docs/design/hardware-layer.md)."""
_JUMP_NS = 18 * NS_PER_S // 1000
"""A stamp that is further than this from where the block before ended begins a new stretch:
less than a block of 20 ms, so that one that vanished untold is seen, and seven times the jitter
that was seen."""
_LEAST_S, _MOST_ERROR_PPM = 20.0, 5.0
"""A figure is given from so many seconds on, once its standard error is not above so many ppm:
with a jitter of 2.6 ms, after 40 s."""
_PPM = 1e6


@dataclass(frozen=True, slots=True)
class Drift:
    """Above 0: the microphone gives more samples a second than it says."""

    ppm: float
    error_ppm: float
    """Standard error, from how far the stamps lie from the line."""


@dataclass(slots=True)
class _Stretch:
    """Blocks without a hole: sums of products about the means of seconds on the capture clock
    (x), and of how far the samples are ahead of it (y). Updated point by point, so that nothing
    large is subtracted from anything large."""

    first_ns: int
    samples: int = 0
    points: int = 0
    mean_x: float = 0.0
    mean_y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0

    def take(self, x_s: float, y_s: float) -> None:
        self.points += 1
        ahead_x, ahead_y = x_s - self.mean_x, y_s - self.mean_y
        self.mean_x += ahead_x / self.points
        self.mean_y += ahead_y / self.points
        self.xx += ahead_x * (x_s - self.mean_x)
        self.xy += ahead_x * (y_s - self.mean_y)
        self.yy += ahead_y * (y_s - self.mean_y)


@dataclass(slots=True)
class _Pool:
    """Stretches together: each has a height of its own, and all have one slope."""

    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0
    spare: int = -1
    """Points beyond those that the heights and the slope take up."""

    def plus(self, stretch: _Stretch) -> "_Pool":
        return _Pool(
            self.xx + stretch.xx,
            self.xy + stretch.xy,
            self.yy + stretch.yy,
            self.spare + max(0, stretch.points - 1),
        )

    def line(self) -> Drift | None:
        """The slope, if there is one."""
        if self.spare <= 0:
            return None
        slope = self.xy / self.xx
        left_over = max(0.0, self.yy - slope * self.xy)
        return Drift(slope * _PPM, math.sqrt(left_over / self.spare / self.xx) * _PPM)


class DriftEstimate:
    """The drift of one open microphone; one thread adds.

    A hole, told or seen as a jump of the stamps, ends a stretch, so no hole and no late start
    tilts the line.
    """

    def __init__(self, rate_hz: int) -> None:
        """`rate_hz` is what the microphone says that it gives."""
        self._rate_hz = rate_hz
        self._pool, self._stretch = _Pool(), _Stretch(0)
        self._expected_ns: int | None = None
        self._seen_samples = 0

    def add(self, capture_ns: int, samples: int, lost_before: int = 0) -> None:
        """A block of `samples` that began at `capture_ns`, with `lost_before` missing before."""
        if lost_before or not self._continues(capture_ns):
            self._pool = self._pool.plus(self._stretch)
            self._stretch = _Stretch(capture_ns)
        self._expected_ns = capture_ns + samples * NS_PER_S // self._rate_hz
        stretch, since_ns = self._stretch, capture_ns - self._stretch.first_ns
        if since_ns >= _SETTLE_NS:
            x_s = since_ns / NS_PER_S
            stretch.take(x_s, stretch.samples / self._rate_hz - x_s)
            self._seen_samples += samples
        stretch.samples += samples

    @property
    def drift(self) -> Drift | None:
        """The estimate so far; None while it is too rough to be called one."""
        if self._seen_samples < _LEAST_S * self._rate_hz:
            return None
        line = self._pool.plus(self._stretch).line()
        return line if line is not None and line.error_ppm <= _MOST_ERROR_PPM else None

    def _continues(self, capture_ns: int) -> bool:
        expected_ns = self._expected_ns
        return expected_ns is not None and abs(capture_ns - expected_ns) <= _JUMP_NS
