"""How a fault passes."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bwv_device.agent.fault_watch import LOOK_EVERY_S, Fault, FaultWatch
from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import ClipState
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceLostError
from tests.support.stores import deliver, record

_PATIENCE_S = 10.0


class Watched:
    """A watch with everything around it in the test's hands."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock()
        self.store = Store.open(folder)
        self.room_bytes = 0
        self.read_room: Callable[[], int] = lambda: self.room_bytes
        self.probed = threading.Event()
        self.cleared = threading.Event()
        self.freed: list[str] = []
        self.watch = FaultWatch(
            *(self.clock, self.store, lambda: self.read_room(), self.probed.set),
            *(self.cleared.set, lambda clip: self.freed.append(clip.file)),
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


def looked(watched: Watched, times: int) -> None:
    """Let so many looks pass, each of them whole."""
    for _ in range(times):
        watched.clock.until_waiting()
        watched.clock.advance_s(LOOK_EVERY_S)
    watched.clock.until_waiting()


def test_a_journal_that_takes_no_write_keeps_the_fault(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_values: object) -> None:
        raise StoreError("attempt to write a readonly database")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add_note", refuse)
        watched.watch.notice(messages.WritingFailed("read-only", full=False))
        looked(watched, 3)
        assert watched.watch.standing == {Fault.STORAGE}
    assert watched.pass_time(watched.cleared)
    assert watched.store.journal.notes()[-1].text == "the card takes writes again"


def test_a_card_that_takes_no_write_keeps_the_fault(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_store: Store) -> None:
        raise StoreError("Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "try_write", refuse)
        watched.watch.notice(messages.WritingFailed("read-only", full=False))
        looked(watched, 3)
        assert watched.watch.standing == {Fault.STORAGE}
    assert watched.pass_time(watched.cleared)


def test_a_gauge_that_fails_does_not_end_the_watch(watched: Watched) -> None:
    def gone() -> int:
        raise DeviceLostError("the gauge has gone")

    watched.read_room = gone
    watched.watch.notice(messages.WritingFailed("full", full=True))
    assert watched.pass_time(watched.cleared), "the card itself takes a write"


def test_a_full_card_passes_by_freeing_what_a_destination_holds(watched: Watched) -> None:
    held, kept = record(watched.store), record(watched.store, trigger_s=60)
    deliver(watched.store, held)
    path = watched.store.path(held)
    watched.read_room = lambda: -1 if path.exists() else 1
    watched.watch.notice(messages.WritingFailed("full", full=True))
    assert watched.pass_time(watched.cleared)
    states = [clip.state for clip in watched.store.journal.clips()]
    assert states == [ClipState.PURGED, ClipState.FINALISED] and watched.store.path(kept).exists()
    assert watched.freed == [held.file]
