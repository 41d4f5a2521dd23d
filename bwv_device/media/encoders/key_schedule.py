"""When the next key frame is due: by time of capture, not by count of frames.

Who uses it: the encoders that are told frame by frame.
"""


class KeySchedule:
    """A grid of instants that begins at the first picture."""

    def __init__(self, frame_ns: int, interval_ns: int) -> None:
        self._frame_ns, self._interval_ns = frame_ns, interval_ns
        self._next_ns: int | None = None

    def is_due(self, capture_ns: int) -> bool:
        """Whether the picture of `capture_ns` has to be a key frame; half a frame early
        counts as due. To be asked once a picture."""
        if self._next_ns is None:
            self._next_ns = capture_ns
        late_ns = capture_ns + self._frame_ns // 2 - self._next_ns
        if late_ns < 0:
            return False
        self._next_ns += (late_ns // self._interval_ns + 1) * self._interval_ns
        return True
