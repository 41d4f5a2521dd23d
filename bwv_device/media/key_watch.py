"""Watches how often a camera that encodes gives key frames, and when to ask for one.

Who uses it: the pass loop. Clips are split, and the ring is trimmed, at key frames alone, so a
camera that gives them seldom makes both coarser; that is told, not hidden.
"""

import logging
from collections.abc import Callable

from bwv_device.media.encoders.key_schedule import KeySchedule
from bwv_device.media.messages import KeyFramesSeldom
from hal.interfaces.clock import NS_PER_S

log = logging.getLogger(__name__)

_WORSE_BY = 1.2
"""An interval is told again when it is so many times the one that was told."""


class KeyWatch:
    """One session's; one thread uses it."""

    def __init__(
        self,
        frame_ns: int,
        interval_ns: int,
        request: Callable[[], bool],
        report: Callable[[KeyFramesSeldom], None],
    ) -> None:
        """`request` asks the camera, and says whether it can be asked."""
        self._frame_ns, self._interval_ns = frame_ns, interval_ns
        self._request, self._report = request, report
        self._schedule = KeySchedule(frame_ns, interval_ns)
        self._last_key_ns: int | None = None
        self._told_ns = interval_ns + frame_ns
        self.can_be_asked: bool | None = None
        """None until it was tried."""

    def passed(self, capture_ns: int, *, is_key: bool) -> None:
        """To be told of each picture that is passed on."""
        is_due = self._schedule.is_due(capture_ns)
        if not is_key:
            if is_due:
                self.ask()
            return
        last_ns, self._last_key_ns = self._last_key_ns, capture_ns
        if last_ns is not None:
            self._look_at(capture_ns - last_ns)

    def ask(self) -> None:
        """A key frame is wanted now."""
        self.can_be_asked = self._request()

    def begin_anew(self) -> None:
        """The next key frame belongs to another stream."""
        self._last_key_ns = None

    def _look_at(self, came_ns: int) -> None:
        # A camera that does as it is asked is a few frames late.
        if came_ns <= _WORSE_BY * self._told_ns:
            return
        self._told_ns = came_ns
        asked_s, came_s = self._interval_ns / NS_PER_S, came_ns / NS_PER_S
        log.warning(
            "the camera gave a key frame after %.1f s, %.1f s were asked: clips are split and "
            "the pre-record is trimmed in such steps",
            *(came_s, asked_s),
        )
        self._report(KeyFramesSeldom(asked_s, came_s, bool(self.can_be_asked)))
