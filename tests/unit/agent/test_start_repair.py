"""What a cut left is put right beside a camera that is ready, and may be broken off."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bwv_device.agent.start_repair import StartRepair
from bwv_device.errors import BwvError
from bwv_device.evidence import repair as repair_module
from bwv_device.evidence.digests import Digests, digest_file
from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.left_behind import NOTHING
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.evidence.repair import Repair, look, put_right, repair_behind_recorder
from bwv_device.evidence.store import Store
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.states import State
from bwv_device.media import messages
from tests.support.clips import clip_bytes
from tests.support.stores import begin, cut_off, new_clip
from tests.unit.agent.test_agent import configuration, living

PATIENCE_S = 20.0


class Reading:
    """The hashing of a clip, which waits for the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.may_go_on = threading.Event(), threading.Event()
        monkeypatch.setattr(repair_module, "digest_file", self)

    def __call__(self, path: Path, on_read: Callable[[int], None] | None = None) -> Digests:
        self.began.set()
        assert self.may_go_on.wait(PATIENCE_S)
        return digest_file(path, on_read)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    made = Reading(monkeypatch)
    yield made
    made.may_go_on.set()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store")
    yield opened
    opened.close()


class Heard:
    """What a repair tells."""

    def __init__(self, store: Store) -> None:
        self.repaired: list[Repair] = []
        self.failures: list[BwvError] = []
        self.repair = StartRepair(store, self.repaired.append, self.failures.append)

    def run(self) -> None:
        self.repair.look()
        self.repair.start()

    def wait(self) -> None:
        self.repair._thread.join(PATIENCE_S)
        assert not self.repair._thread.is_alive()


def states(store: Store) -> list[ClipState]:
    return [clip.state for clip in store.journal.clips()]


def cut(store: Store, *, trigger_s: int = 0) -> Clip:
    return cut_off(store, clip_bytes(2.0)[:-500], trigger_s=trigger_s)


def test_a_camera_records_while_footage_of_the_last_run_is_still_read(
    tmp_path: Path, reading: Reading
) -> None:
    store = Store.open(tmp_path)
    old = cut(store)
    store.close()
    with living(configuration(tmp_path)) as (agent, _board, heard):
        assert reading.began.wait(PATIENCE_S)
        heard.await_report(messages.Capturing)
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        agent.post_now(Trigger.STOP, "Button")
        heard.await_report(messages.RecordingClosed)
        heard.await_state(State.PRE_RECORD)
        reading.may_go_on.set()
        agent._repair._thread.join(PATIENCE_S)
    store = Store.open(tmp_path)
    first, second = store.journal.clips()
    assert (first.file, first.end_reason) == (old.file, EndReason.RECOVERED)
    assert second.end_reason is EndReason.STOP and second.state is ClipState.FINALISED
    offs = [recording.trigger_off for recording in store.journal.recordings()]
    assert offs == ["Recovered", "Button"]
    assert [note.kind for note in store.journal.notes()].count("recovered") == 1
    store.close()


def test_to_look_no_clip_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    cut(store)
    for name in ("form_of", "digest_file"):
        monkeypatch.setattr(repair_module, name, lambda *_: pytest.fail("a clip was read"))
    found = look(store)
    assert (len(found.clips), len(found.recordings), found.files) == (1, 1, ())


def test_a_repair_that_is_broken_off_is_ended_by_the_next_start(
    store: Store, reading: Reading
) -> None:
    cut(store)
    cut(store, trigger_s=100)
    heard = Heard(store)
    heard.run()
    assert reading.began.wait(PATIENCE_S)
    closing = threading.Thread(target=heard.repair.close)
    closing.start()
    assert heard.repair._closing.wait(PATIENCE_S)
    reading.may_go_on.set()
    closing.join(PATIENCE_S)
    assert states(store) == [ClipState.RECORDING] * 2
    assert heard.repaired == [] and heard.failures == []
    again = Heard(store)
    again.run()
    again.wait()
    assert states(store) == [ClipState.FINALISED] * 2 and len(again.repaired) == 2
    assert store.left_behind == NOTHING


def test_with_nothing_left_behind_no_thread_is_started(store: Store) -> None:
    heard = Heard(store)
    heard.run()
    assert heard.repair._thread.ident is None
    heard.repair.close()


@pytest.mark.parametrize("error", [StoreError("the card has gone"), ValueError("a mistake")])
def test_a_repair_that_fails_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    cut(store)

    def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(repair_module, "adopt", fail)
    heard = Heard(store)
    heard.run()
    heard.wait()
    (failure,) = heard.failures
    assert str(error) in str(failure)


def test_what_comes_after_the_look_is_left_alone(store: Store) -> None:
    """Another recording begins before the footage of the last run is read."""
    old = cut(store)
    look(store)
    recording = begin(store, trigger_s=100)
    new = store.open_clip(recording, new_clip(recording))
    store.path(new).write_bytes(clip_bytes(2.0)[:-500])
    assert [made.file for made in put_right(store)] == [old.file]
    assert store.journal.clip(new.id).state is ClipState.RECORDING
    assert store.journal.recording(recording.id).trigger_off is None


def test_a_recorder_that_dies_meanwhile_costs_the_start_up_repair_nothing(store: Store) -> None:
    """What it left is put right at once, what the last run left in its turn."""
    old = cut(store)
    look(store)
    new = cut(store, trigger_s=100)
    assert [clip.id for clip in repair_behind_recorder(store, None)] == [new.id]
    assert store.journal.clip(old.id).state is ClipState.RECORDING
    assert store.journal.recording(old.recording_id).trigger_off is None
    assert [made.file for made in put_right(store)] == [old.file]
    offs = [recording.trigger_off for recording in store.journal.recordings()]
    assert offs == ["Recovered", "Recovered"]
