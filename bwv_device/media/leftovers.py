"""What a card that failed has kept from being entered into the journal: done once it is well.

Who uses it: the keeper. Without it such a clip would stand in `recording` until the next start,
and a docking before that would not send it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from bwv_device.errors import BwvError
from bwv_device.evidence.errors import IllegalStepError
from bwv_device.evidence.records import Clip, EndReason
from bwv_device.evidence.repair import repair_clip
from bwv_device.evidence.store import Store
from bwv_device.media.messages import ClipClosed
from hal.interfaces.clock import NS_PER_S

log = logging.getLogger(__name__)

TRY_EVERY_NS = 5 * NS_PER_S


@dataclass(frozen=True, slots=True)
class LeftClip:
    """A clip that could not be repaired on the spot, and why it ended."""

    clip: Clip
    reason: EndReason


@dataclass(frozen=True, slots=True)
class LeftStop:
    """The stop of a recording that could not be entered."""

    recording_id: int
    reason: str
    at_utc_ns: int


class Leftovers:
    """What is still to do; one thread uses it."""

    def __init__(self, store: Store, report: Callable[[ClipClosed], None]) -> None:
        self._store, self._report = store, report
        self._left: list[LeftClip | LeftStop] = []
        self._next_ns = 0

    @property
    def count(self) -> int:
        """How much is left."""
        return len(self._left)

    def add(self, left: LeftClip | LeftStop, now_ns: int) -> None:
        """It failed at `now_ns`; it is tried again some seconds later."""
        self._left.append(left)
        self._next_ns = now_ns + TRY_EVERY_NS

    def try_again(self, now_ns: int) -> None:
        """Do what can be done, if it is time to try."""
        if self._left and now_ns >= self._next_ns:
            self.try_now(now_ns)

    def try_now(self, now_ns: int) -> None:
        """Do what can be done. The first failure ends the try: a card that refuses one takes no
        other."""
        self._next_ns = now_ns + TRY_EVERY_NS
        try:
            while self._left:
                self._do(self._left[0])
                del self._left[0]
        except BwvError as error:
            log.info("the card still refuses what is left to enter: %s", error)

    def _do(self, left: LeftClip | LeftStop) -> None:
        if isinstance(left, LeftStop):
            journal = self._store.journal
            journal.end_recording(left.recording_id, left.reason, left.at_utc_ns)
            return
        try:
            repair_clip(self._store, left.clip, left.reason)
        except IllegalStepError:
            log.info("%s has been repaired by somebody else", left.clip.file)
            return
        clip = self._store.journal.clip(left.clip.id)
        log.warning("%s is closed, now that the card takes it", clip.file)
        self._report(
            ClipClosed(
                clip.file,
                clip.end_reason or left.reason,
                (clip.duration_ns or 0) / NS_PER_S,
                clip.frames or 0,
                clip.frames_dropped or 0,
                clip.frames_skipped or 0,
            )
        )
