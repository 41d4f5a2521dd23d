"""Finds out when a fault has passed, so that the camera comes back by itself.

Who uses it: the agent. While a fault stands, its thread looks every few seconds whether the
camera gives frames again and whether the card has room and takes a write.
"""

import logging
import threading
from collections.abc import Callable
from enum import StrEnum

from bwv_device.errors import BwvError
from bwv_device.evidence.records import Clip
from bwv_device.evidence.room import free_acknowledged
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from bwv_device.media.messages import Report
from hal.errors import HalError
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0


class Fault(StrEnum):
    """What can stand in the way of recording."""

    RECORDER = "recorder"
    CAPTURE = "capture"
    STORAGE = "storage"
    CARD = "card"


_BEGINS: dict[type[Report], Fault] = {
    messages.RecorderLost: Fault.RECORDER,
    messages.CaptureFailed: Fault.CAPTURE,
    messages.CameraLost: Fault.CAPTURE,
    messages.WritingFailed: Fault.STORAGE,
    messages.CardSilent: Fault.CARD,
}
_ENDS: dict[type[Report], Fault] = {
    messages.RecorderBack: Fault.RECORDER,
    messages.CaptureReturned: Fault.CAPTURE,
    messages.CameraBack: Fault.CAPTURE,
    messages.CardBack: Fault.CARD,
}
"""Whether the card takes a write again is looked at, not told."""


class FaultWatch:
    """Knows which faults stand; `cleared` is called when the last one has passed."""

    def __init__(
        self,
        clock: Clock,
        store: Store,
        room_bytes: Callable[[], int],
        probe_camera: Callable[[], None],
        cleared: Callable[[], None],
        freed: Callable[[Clip], None],
    ) -> None:
        """`room_bytes` gives what is free above the reserve; `probe_camera` begins a look at
        the camera whose outcome comes back as a report; `freed` is told each clip that had to
        make room."""
        self._clock, self._store = clock, store
        self._room_bytes, self._probe_camera, self._cleared = room_bytes, probe_camera, cleared
        self._freed = freed
        self._lock = threading.Lock()
        self._standing: set[Fault] = set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fault-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    @property
    def standing(self) -> frozenset[Fault]:
        with self._lock:
            return frozenset(self._standing)

    def notice(self, report: Report) -> None:
        """Learn from a report of the recorder."""
        if fault := _BEGINS.get(type(report)):
            self._set(fault)
        elif fault := _ENDS.get(type(report)):
            self._clear(fault)

    def _run(self) -> None:
        while not self._clock.wait(self._closing, LOOK_EVERY_S):
            standing = self.standing
            if Fault.CAPTURE in standing:
                self._probe_camera()
            if Fault.STORAGE in standing and self._storage_is_well():
                self._clear(Fault.STORAGE)

    def _storage_is_well(self) -> bool:
        try:
            if not self._has_room():
                for clip in free_acknowledged(self._store, self._has_room):
                    log.warning("%s is freed, which a destination holds", clip.file)
                    self._freed(clip)
            if not self._has_room():
                return False
            self._store.try_write()
            self._note_well()
        except BwvError as error:
            log.info("the store still can't be written: %s", error)
            return False
        return True

    def _has_room(self) -> bool:
        try:
            return self._room_bytes() >= 0
        except HalError as error:
            # A gauge that fails is no reason not to record; a card that is full says so itself.
            log.error("the free space can't be read: %s", error)
            return True

    def _note_well(self) -> None:
        """The journal has to take a write as well, and this one is worth it."""
        now_utc_ns, now_ns = self._clock.utc_ns(), self._clock.monotonic_ns()
        self._store.journal.add_note(now_utc_ns, now_ns, "storage", "the card takes writes again")

    def _set(self, fault: Fault) -> None:
        with self._lock:
            self._standing.add(fault)

    def _clear(self, fault: Fault) -> None:
        with self._lock:
            stood = fault in self._standing
            self._standing.discard(fault)
            is_last = stood and not self._standing
        if is_last:
            self._cleared()
