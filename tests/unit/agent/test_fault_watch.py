"""How a fault passes."""

import threading
from pathlib import Path

import pytest

from bwv_device.agent.fault_watch import LOOK_EVERY_S, Fault, FaultWatch
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from hal.drivers.clock.virtual import VirtualClock

_PATIENCE_S = 10.0


class Watched:
    """A watch with everything around it in the test's hands."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock()
        self.store = Store.open(folder)
        self.room_bytes = 0
        self.probed = threading.Event()
        self.cleared = threading.Event()
        self.watch = FaultWatch(
            self.clock, self.store, lambda: self.room_bytes, self.probed.set, self.cleared.set
        )
        self.watch.start()

    def pass_time(self, until: threading.Event) -> bool:
        """Let virtual time go on until `until` is set; False when it never is."""
        for _ in range(200):
            if until.wait(0.01):
                return True
            self.clock.advance_s(LOOK_EVERY_S)
        return False


@pytest.fixture
def watched(tmp_path: Path):  # type: ignore[no-untyped-def]
    each = Watched(tmp_path)
    yield each
    closing = threading.Thread(target=each.watch.close)
    closing.start()
    while closing.is_alive():
        each.clock.advance_s(LOOK_EVERY_S)
        closing.join(0.01)
    each.store.close()


def test_a_camera_is_looked_for_until_it_returns(watched: Watched) -> None:
    watched.watch.notice(messages.CaptureFailed("unplugged"))
    assert watched.pass_time(watched.probed)
    assert not watched.cleared.is_set()
    watched.watch.notice(messages.CaptureReturned())
    assert watched.cleared.wait(_PATIENCE_S) and watched.watch.standing == frozenset()


def test_a_camera_lost_while_recording_has_passed_when_it_is_back(watched: Watched) -> None:
    watched.watch.notice(messages.CameraLost("unplugged"))
    assert watched.watch.standing == {Fault.CAPTURE}
    watched.watch.notice(messages.CameraBack(3.0))
    assert watched.cleared.wait(_PATIENCE_S) and watched.watch.standing == frozenset()


def test_a_full_card_passes_once_there_is_room(watched: Watched) -> None:
    watched.room_bytes = -1
    watched.watch.notice(messages.WritingFailed("full", full=True))
    watched.clock.advance_s(LOOK_EVERY_S * 3)
    assert watched.watch.standing == {Fault.STORAGE}
    watched.room_bytes = 10
    assert watched.pass_time(watched.cleared)


def test_a_fault_passes_only_with_the_last_one(watched: Watched) -> None:
    watched.room_bytes = -1
    watched.watch.notice(messages.WritingFailed("full", full=True))
    watched.watch.notice(messages.CaptureFailed("unplugged"))
    watched.watch.notice(messages.CaptureReturned())
    assert not watched.cleared.is_set() and watched.watch.standing == {Fault.STORAGE}
