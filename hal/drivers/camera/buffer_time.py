"""When a frame of a real camera was captured: by its own stamp if that can be, else by ours."""

import logging

_log = logging.getLogger(__name__)

_NS_PER_MS = 1_000_000
_OLDEST_NS = 500 * _NS_PER_MS
"""No frame is older than this when it is grabbed: V4L2 holds four buffers."""


class BufferTime:
    """Chooses for each frame; the results rise strictly.

    The kernel stamps a V4L2 buffer when the picture arrived, mostly in CLOCK_MONOTONIC, some
    drivers in another clock. A stamp that is not shortly before the grab is of another clock.
    """

    def __init__(self, title: str, oldest_ns: int = _OLDEST_NS) -> None:
        """`title` names the camera in the log; no frame is older than `oldest_ns` when it is
        grabbed."""
        self._title, self._oldest_ns = title, oldest_ns
        self._newest_ns: int | None = None
        self._warned = False

    def capture_ns(self, grabbed_ns: int, device_ms: float | None) -> int:
        """`grabbed_ns`: our clock after the grab; `device_ms`: the device's stamp, if any."""
        chosen_ns = grabbed_ns if device_ms is None else self._judged(grabbed_ns, device_ms)
        if self._newest_ns is not None:
            chosen_ns = max(chosen_ns, self._newest_ns + 1)
        self._newest_ns = chosen_ns
        return chosen_ns

    def _judged(self, grabbed_ns: int, device_ms: float) -> int:
        device_ns = round(device_ms * _NS_PER_MS)
        if 0 <= grabbed_ns - device_ns <= self._oldest_ns:
            return device_ns
        if not self._warned:
            self._warned = True
            _log.warning(
                "%s stamps its frames in another clock (%.3f s off): they are stamped when"
                " grabbed, some milliseconds late",
                self._title,
                (grabbed_ns - device_ns) / 1e9,
            )
        return grabbed_ns
