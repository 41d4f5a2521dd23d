"""The rule by which pictures are left out when encoding can't keep up with the camera.

Who uses it: the picture loop. Values in, decisions out: no clock, no thread, no I/O. The frame
rate goes first, and only it: to one half, one third and so on of what the camera gives, evenly,
never below a floor. The rule is docs/design/recorder.md, R10.
"""

from dataclasses import dataclass
from fractions import Fraction

from hal.interfaces.clock import NS_PER_S

LOOK_NS = NS_PER_S // 7
"""Capture time over which the cost is taken together: five pictures at 30 a second."""
OVERLOADED = 0.9
"""Cost against time, from which on there is no room for anything else."""
LAG_FRAMES = 4
"""By so many frame intervals later than ever before a frame has to be when its encode begins: half
of what a webcam's driver holds for us. A single stall does that too; that encoding stays heavy
for two looks tells the two apart."""
RELIEVED = 0.7
"""Cost against time that the next higher rate must be expected to stay under."""
RELIEF_NS = 3 * NS_PER_S
"""For so long, before the rate is raised by one stage."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A change of the rate: from now on every `one_in`-th frame is encoded."""

    one_in: int
    load: float
    """Cost of encoding against time, as measured in the last look."""


@dataclass(slots=True)
class _Look:
    """What encoding cost since the frame of `start_ns`, that one included."""

    start_ns: int
    cost_ns: int


class Overload:
    """One session's rule; one thread uses it."""

    def __init__(self, rate_hz: Fraction, floor_hz: float) -> None:
        """`rate_hz` as the camera states it. With a floor above half of that, every frame is
        encoded whatever it costs."""
        self._frame_ns = round(NS_PER_S / rate_hz)
        self._floor_ns = round(NS_PER_S / floor_hz)
        self._most = max(1, int(float(rate_hz) / floor_hz + 1e-9))
        self.one_in = 1
        """Every so many frames, one is encoded."""
        self._encoded_ns: int | None = None
        self._seen_ns: int | None = None
        self._least_age_ns: int | None = None
        self._look: _Look | None = None
        self._heavy_looks = 0
        self._relieved_since_ns: int | None = None

    def wants(self, capture_ns: int) -> bool:
        """Whether the frame of `capture_ns` is one to encode. To be asked of every frame, once,
        before anything is done to it."""
        seen_ns, self._seen_ns = self._seen_ns, capture_ns
        if self.one_in == 1 or self._encoded_ns is None or seen_ns is None:
            return True
        since_ns, step_ns = capture_ns - self._encoded_ns, capture_ns - seen_ns
        if since_ns >= self.one_in * self._frame_ns - self._frame_ns // 2:
            return True
        # With a camera that is slower than it says, the next frame might be below the floor.
        return since_ns + step_ns > self._floor_ns + step_ns // 4

    def encoded(self, capture_ns: int, age_ns: int, cost_ns: int) -> Stage | None:
        """A frame was encoded, which was `age_ns` old when that began, and it cost `cost_ns`;
        the change of the rate that follows, or None."""
        self._encoded_ns = capture_ns
        if self._least_age_ns is None or age_ns < self._least_age_ns:
            self._least_age_ns = age_ns
        look, change = self._look, None
        if look is not None and capture_ns < look.start_ns + LOOK_NS:
            look.cost_ns += cost_ns
            return None
        if look is not None:
            load = look.cost_ns / (capture_ns - look.start_ns)
            change = self._judge(load, age_ns - self._least_age_ns, capture_ns)
        self._look = _Look(capture_ns, cost_ns)
        return change

    def _judge(self, load: float, lag_ns: int, now_ns: int) -> Stage | None:
        """What a finished look means; `now_ns` is capture time."""
        self._heavy_looks = self._heavy_looks + 1 if load >= OVERLOADED else 0
        if load * self.one_in > RELIEVED * (self.one_in - 1):
            self._relieved_since_ns = None
        elif self._relieved_since_ns is None:
            self._relieved_since_ns = now_ns
        if (
            self._heavy_looks >= 2
            and lag_ns >= LAG_FRAMES * self._frame_ns
            and self.one_in < self._most
        ):
            return self._go_to(self._enough(load), load)
        since_ns = self._relieved_since_ns
        if self.one_in > 1 and since_ns is not None and now_ns - since_ns >= RELIEF_NS:
            return self._go_to(self.one_in - 1, load)
        return None

    def _enough(self, load: float) -> int:
        """The first stage at which encoding is expected to keep up with the camera."""
        one_in = self.one_in + 1
        while one_in < self._most and load * self.one_in >= OVERLOADED * one_in:
            one_in += 1
        return one_in

    def _go_to(self, one_in: int, load: float) -> Stage:
        self.one_in = one_in
        self._heavy_looks, self._relieved_since_ns = 0, None
        return Stage(one_in, load)
