"""The worker: pushes while docked, stops at once, comes back by itself."""

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.dock.events import ClipSent, DockEvent, Finished, Problem, Progress
from bwv_device.dock.worker import SLOW_FACTOR, DockWorker
from bwv_device.errors import Kind
from bwv_device.evidence.records import ClipState
from hal.drivers.clock.virtual import VirtualClock
from tests.support import stores
from tests.support.docking_camera import CLIP, IDENTITY, Rig
from tests.unit.dock.fake_destination import FakeDestination

ALWAYS = float("inf")
CLIP_PATH = ".*mp4"
REAL_TIMEOUT_S = 20.0


class Desk:
    """A worker whose events a test can wait for."""

    def __init__(self, rig: Rig, connection_file: Path) -> None:
        self.rig = rig
        self.clock = VirtualClock()
        self.connection_file = connection_file
        self.write_connection()
        self.events: queue.Queue[DockEvent] = queue.Queue()
        self.fails = False
        self.worker = DockWorker(
            rig.store, connection_file, self.clock, IDENTITY, self._report, chance=lambda: 0.0
        )

    def write_connection(self) -> None:
        self.connection_file.write_bytes(self.rig.connection.to_json())

    def next(self, kind: type) -> DockEvent:
        """The next event of that kind; those before it are dropped."""
        while True:
            event = self.events.get(timeout=REAL_TIMEOUT_S)
            if isinstance(event, kind):
                return event

    def _report(self, event: DockEvent) -> None:
        self.events.put(event)
        if self.fails:
            raise ValueError("the listener has a fault")


@pytest.fixture
def desk(rig: Rig, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(rig, tmp_path / "connection.json")
    yield made
    made.worker.close()


def summary(desk: Desk):  # type: ignore[no-untyped-def]
    event = desk.next(Finished)
    assert isinstance(event, Finished)
    return event.summary


def test_nothing_is_sent_before_the_camera_is_docked(desk: Desk, fake: FakeDestination) -> None:
    desk.rig.record()
    desk.worker.close()
    assert fake.log == []


def test_docking_brings_everything_out(desk: Desk) -> None:
    desk.rig.record()
    desk.worker.begin()
    assert summary(desk).ok
    assert desk.rig.states() == [ClipState.PURGED]


def test_each_docking_brings_out_what_is_new(desk: Desk) -> None:
    for at_s in (0, 100):
        desk.rig.record(trigger_s=at_s)
        desk.worker.begin()
        assert summary(desk).clips_sent == 1
        desk.worker.end()


@pytest.mark.parametrize("hold", [True, False])
def test_leaving_the_dock_breaks_the_request_in_flight_off(
    desk: Desk, fake: FakeDestination, hold: bool
) -> None:
    clip = desk.rig.record_large()
    answer = threading.Event()
    if hold:
        fake.fail("PUT", CLIP_PATH, hold=answer, lose_answer=True)
    desk.worker.begin()
    if hold:
        fake.wait_for("PUT", CLIP_PATH)
    else:
        desk.next(Progress)
    desk.worker.end()
    result = summary(desk)
    answer.set()
    assert result.problems == ()
    if hold:
        assert result.clips_left == 1
        assert desk.rig.clip(clip).state is ClipState.FINALISED
        assert "taken off the dock" in (desk.rig.clip(clip).problem or "")
        assert desk.rig.store.path(clip).exists()


def test_after_an_interrupted_docking_the_next_one_ends_it(
    desk: Desk, fake: FakeDestination
) -> None:
    clip = desk.rig.record_large()
    answer = threading.Event()
    fake.fail("PUT", CLIP_PATH, hold=answer, lose_answer=True)
    desk.worker.begin()
    fake.wait_for("PUT", CLIP_PATH)
    desk.worker.end()
    summary(desk)
    answer.set()
    desk.worker.begin()
    assert summary(desk).ok
    assert desk.rig.clip(clip).state is ClipState.PURGED


def test_leaving_the_dock_ends_a_wait_between_tries(desk: Desk, fake: FakeDestination) -> None:
    desk.rig.record()
    fake.fail("PUT", CLIP_PATH, status=503, times=ALWAYS)
    desk.worker.begin()
    desk.clock.until_waiting()
    desk.worker.end()
    assert summary(desk).problems == ()


def test_a_server_that_was_down_is_found_again_without_a_new_docking(
    desk: Desk, fake: FakeDestination
) -> None:
    desk.rig.record()
    fake.fail("GET", "auth", status=503, times=ALWAYS)
    desk.worker.begin()
    advance_until(desk, Problem)
    fake.heal()
    advance_until(desk, ClipSent)


def test_a_full_destination_is_asked_again_but_slowly(desk: Desk, fake: FakeDestination) -> None:
    desk.rig.record()
    fake.fail("PUT", CLIP_PATH, status=507)
    desk.worker.begin()
    assert summary(desk).problems[0].kind is Kind.FAULT
    desk.clock.until_waiting()
    deadline_ns = desk.clock.next_deadline_ns()
    assert deadline_ns is not None
    assert deadline_ns - desk.clock.monotonic_ns() == round(60 * SLOW_FACTOR * 1e9)
    desk.clock.advance_s(60 * SLOW_FACTOR)
    assert summary(desk).ok


def test_a_clip_that_is_closed_only_after_docking_is_fetched_too(
    desk: Desk, fake: FakeDestination
) -> None:
    recording = stores.begin(desk.rig.store)
    clip = desk.rig.store.open_clip(recording, stores.new_clip(recording))
    stores.write_file(desk.rig.store.path(clip), CLIP)
    desk.worker.begin()
    assert summary(desk).clips_sent == 0
    desk.clock.until_waiting()
    stores.finalise(desk.rig.store, clip)
    desk.rig.store.journal.end_recording(recording.id, "Docked", recording.trigger_on_utc_ns)
    advance_until(desk, ClipSent)
    assert len(fake.clips(recording.container)) == 1


def test_a_missing_connection_file_is_told_and_found_later(desk: Desk) -> None:
    desk.rig.record()
    desk.connection_file.unlink()
    desk.worker.begin()
    problem = desk.next(Problem)
    assert isinstance(problem, Problem)
    assert str(desk.connection_file) in problem.text
    desk.write_connection()
    advance_until(desk, ClipSent)


def test_a_fault_of_ours_is_told_and_does_not_end_the_thread(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.rig.record()
    with monkeypatch.context() as patch:
        patch.setattr("bwv_device.dock.push.Handover", None)
        desk.worker.begin()
        problem = desk.next(Problem)
    assert isinstance(problem, Problem)
    assert problem.kind is Kind.FAULT
    assert "TypeError" in problem.text
    advance_until(desk, ClipSent)


def test_a_listener_that_fails_keeps_no_footage_on_the_camera(desk: Desk) -> None:
    desk.rig.record()
    desk.fails = True
    desk.worker.begin()
    assert summary(desk).ok


def test_docking_twice_in_a_row_is_one_docking(desk: Desk, fake: FakeDestination) -> None:
    desk.worker.begin()
    desk.worker.begin()
    summary(desk)
    desk.worker.close()
    assert fake.asked("GET", "auth") == 1


def test_undocking_and_closing_at_any_time_is_fine(desk: Desk) -> None:
    desk.worker.end()
    for _ in range(20):
        desk.worker.begin()
        desk.worker.end()
    desk.worker.close()
    desk.worker.begin()
    desk.worker.end()
    desk.worker.close()
    assert not desk.worker._thread.is_alive()


def advance_until(desk: Desk, kind: type) -> None:
    """Let time pass, wait by wait, until such an event comes."""
    while True:
        try:
            while not isinstance(desk.events.get(timeout=0.05), kind):
                pass
            return
        except queue.Empty:
            desk.clock.advance_s(60 * SLOW_FACTOR)
