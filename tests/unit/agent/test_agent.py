"""The agent with a recorder that is real and hardware that is not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bwv_device.agent import assemble, battery_watch, fault_watch
from bwv_device.agent.agent import Agent, Observation
from bwv_device.agent.assemble import assembled
from bwv_device.agent.board import Board, make_board
from bwv_device.configuration.model import Configuration
from bwv_device.dock.events import Problem
from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import ClipState, EndReason
from bwv_device.firmware.events import Event, Trigger
from bwv_device.firmware.states import State
from bwv_device.media import messages
from hal import registry
from hal.errors import DeviceLostError, DriverUnknownError
from hal.interfaces.camera import Camera, Frame

_PATIENCE_S = 20.0
MOCKS = ("recording_light", "status_light", "haptic", "display", "button", "dock_contact")


def configuration(folder: Path, **sections: Any) -> Configuration:
    """All in this process, where a test can reach the camera; what is different with a media
    process is in tests/system/test_media_process.py."""
    parts: dict[str, Any] = {name: {"driver": "mock"} for name in MOCKS}
    parts.update(
        sounder={"driver": "recorder"},
        battery={"driver": "fixed"},
        storage_space={"driver": "disk"},
        locator={"driver": "fixed", "options": {"latitude_deg": 52.63, "longitude_deg": 1.29}},
        camera={"driver": "scene", "options": {"width_px": 640, "height_px": 480}},
        microphone={"driver": "scene"},
    )
    parts.update(sections.pop("parts", {}))
    return Configuration.model_validate(
        {
            "parts": parts,
            "storage": {"folder": folder},
            "pre_record": {"length_s": 1},
            "recording": {"own_process": False},
            **sections,
        }
    )


class Heard:
    """What the agent told, and a way to wait for it."""

    def __init__(self) -> None:
        self.observations: list[tuple[State, Observation]] = []
        self._changed = threading.Condition()

    def __call__(self, _at_ns: int, state: State, observation: Observation) -> None:
        with self._changed:
            self.observations.append((state, observation))
            self._changed.notify_all()

    def await_report(self, kind: type) -> Any:
        def found() -> Any:
            return next((each for _, each in self.observations if isinstance(each, kind)), None)

        with self._changed:
            report = self._changed.wait_for(found, _PATIENCE_S)
        assert report is not None, f"no {kind.__name__} in {self.observations}"
        return report

    def await_state(self, state: State, after: int = 0) -> None:
        """Wait for it, behind the first `after` observations."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: any(each is state for each, _ in self.observations[after:]), _PATIENCE_S
            )


@contextmanager
def living(wanted: Configuration) -> Iterator[tuple[Agent, Board, Heard]]:
    """A camera whose owner thread runs; it is switched off behind the block."""
    heard = Heard()
    with assembled(wanted, registry.open_clock(), heard) as (agent, board):
        owner = threading.Thread(target=agent.run)
        owner.start()
        try:
            yield agent, board, heard
        finally:
            agent.post_now(Trigger.POWER_OFF)
            owner.join(_PATIENCE_S)
            assert not owner.is_alive(), "the camera did not switch off"


def journal(folder: Path) -> Journal:
    return Journal.open_for_reading(folder)


def test_a_recording_has_its_bookmark_its_track_and_its_reasons(tmp_path: Path) -> None:
    with living(configuration(tmp_path)) as (agent, _board, heard):
        heard.await_report(messages.Capturing)
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        agent.post_now(Trigger.BOOKMARK)
        registry.open_clock().sleep_s(1.2)
        agent.post_now(Trigger.STOP, "Button")
        heard.await_report(messages.RecordingClosed)
    book = journal(tmp_path)
    (recording,) = book.recordings()
    assert (recording.trigger_on, recording.trigger_off) == ("Button", "Button")
    assert len(book.bookmarks(recording.id)) == 1
    assert [(p.latitude_deg, p.longitude_deg) for p in book.track(recording.id)][:1] == [
        (52.63, 1.29)
    ]


def test_nothing_is_captured_and_nothing_is_written_in_standby(tmp_path: Path) -> None:
    wanted = configuration(tmp_path, policy={"ready_state": "standby"})
    with living(wanted) as (_agent, _board, heard):
        heard.await_state(State.STANDBY)
        registry.open_clock().sleep_s(0.3)
    assert not [each for _, each in heard.observations if isinstance(each, messages.Capturing)]
    assert list((tmp_path / "clips").iterdir()) == []


def test_a_start_from_standby_records_and_says_why_there_is_no_pre_record(tmp_path: Path) -> None:
    wanted = configuration(tmp_path, policy={"ready_state": "standby"})
    with living(wanted) as (agent, _board, heard):
        heard.await_state(State.STANDBY)
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        agent.post_now(Trigger.STOP, "Button")
        heard.await_report(messages.RecordingClosed)
    (clip,) = journal(tmp_path).clips()
    assert clip.pre_record_delivered_ns == 0
    assert clip.pre_record_short_reason and "standby" in clip.pre_record_short_reason


def test_docking_while_recording_closes_the_clip_and_says_so(tmp_path: Path) -> None:
    with living(configuration(tmp_path)) as (agent, board, heard):
        heard.await_report(messages.Capturing)
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        board.dock_contact.dock()  # type: ignore[attr-defined]
        heard.await_report(messages.RecordingClosed)
        problem = heard.await_report(Problem)
    (clip,) = journal(tmp_path).clips()
    assert clip.end_reason is EndReason.DOCKED and clip.state is ClipState.FINALISED
    assert "no destination is configured" in problem.text


def test_a_camera_that_fails_is_a_fault_and_its_error_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film at all")
    parts = {"camera": {"driver": "file", "options": {"path": str(broken)}}}
    with living(configuration(tmp_path / "store", parts=parts)) as (_agent, board, heard):
        report = heard.await_report(messages.CaptureFailed)
        heard.await_state(State.FAULT)
        assert not board.recording_light.showing.lit  # type: ignore[attr-defined]
    assert "broken.mp4" in report.message
    kinds = [note.kind for note in journal(tmp_path / "store").notes()]
    assert "state_changed" in kinds and "recorder" in kinds


def test_a_microphone_that_fails_costs_the_sound_and_not_the_picture(tmp_path: Path) -> None:
    parts = {"microphone": {"driver": "file", "options": {"path": str(tmp_path / "gone.wav")}}}
    with living(configuration(tmp_path / "store", parts=parts)) as (agent, _board, heard):
        heard.await_report(messages.SoundFailed)
        heard.await_report(messages.Capturing)
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        agent.post_now(Trigger.STOP, "Button")
        assert heard.await_report(messages.ClipClosed).frames > 0


def test_a_full_card_is_a_fault_and_refuses_a_recording(tmp_path: Path) -> None:
    parts = {"storage_space": {"driver": "mock", "options": {"free_bytes": 1000}}}
    with living(configuration(tmp_path, parts=parts)) as (agent, _board, heard):
        heard.await_report(messages.Capturing)
        agent.post_now(Trigger.START, "Button")
        report = heard.await_report(messages.WritingFailed)
        heard.await_state(State.FAULT)
    assert report.full and "nothing was deleted" in report.message
    assert journal(tmp_path).clips() == []


def test_an_event_that_means_nothing_now_is_noted_and_nothing_else(tmp_path: Path) -> None:
    with living(configuration(tmp_path)) as (agent, _board, heard):
        heard.await_report(messages.Capturing)
        agent.post(Event(Trigger.UNDOCK, 0))
    notes = [note for note in journal(tmp_path).notes() if note.kind == "ignored_event"]
    assert any("undock" in note.text for note in notes)


def test_an_unknown_driver_is_named_before_anything_starts(tmp_path: Path) -> None:
    wanted = configuration(tmp_path, parts={"haptic": {"driver": "nosuch"}})
    with pytest.raises(DriverUnknownError, match=r"nosuch.*there are"):
        make_board(wanted, registry.open_clock())


def test_a_card_that_fails_at_the_start_is_a_fault_and_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_store: Any) -> Any:
        raise StoreError("the card does not answer: check it")

    monkeypatch.setattr("bwv_device.agent.start_repair.look", fail)
    with living(configuration(tmp_path)) as (_agent, board, heard):
        heard.await_state(State.FAULT)
        assert heard.await_report(messages.WritingFailed).message.startswith("the card")
        assert not board.recording_light.showing.lit  # type: ignore[attr-defined]


def test_a_listener_that_fails_does_not_stop_a_recording(tmp_path: Path) -> None:
    heard = Heard()

    def listen(at_ns: int, state: State, observation: Observation) -> None:
        heard(at_ns, state, observation)
        raise BrokenPipeError("the terminal has gone")

    with assembled(configuration(tmp_path), registry.open_clock(), listen) as (agent, _board):
        owner = threading.Thread(target=agent.run)
        owner.start()
        heard.await_report(messages.Capturing)
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        agent.post_now(Trigger.POWER_OFF)
        owner.join(_PATIENCE_S)
        assert not owner.is_alive()
    (clip,) = journal(tmp_path).clips()
    assert clip.end_reason is EndReason.SHUTDOWN and clip.state is ClipState.FINALISED


def pulled(board: Board, plug: threading.Event) -> Board:
    """The board, with a camera that gives nothing while `plug` is pulled."""
    real_open = board.sources.open_camera

    def open_camera() -> Camera:
        camera = real_open()
        real_read = camera.read

        def read(timeout_s: float) -> Frame | None:
            if plug.is_set():
                raise DeviceLostError("unplugged")
            return real_read(timeout_s)

        camera.read = read  # type: ignore[method-assign]
        return camera

    return replace(board, sources=replace(board.sources, open_camera=open_camera))


def test_a_camera_unplugged_while_recording_costs_the_picture_and_returns_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug = threading.Event()
    real_board = assemble.make_board
    monkeypatch.setattr(assemble, "make_board", lambda *parts: pulled(real_board(*parts), plug))
    with living(configuration(tmp_path)) as (agent, board, heard):
        heard.await_report(messages.Capturing)
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        plug.set()
        heard.await_report(messages.CameraLost)
        plug.clear()
        heard.await_report(messages.CameraBack)
        assert agent.state is State.RECORDING
        assert board.recording_light.showing.lit  # type: ignore[attr-defined]
        agent.post_now(Trigger.STOP, "Button")
        closed = heard.await_report(messages.ClipClosed)
    assert closed.end_reason is EndReason.STOP and closed.frames_dropped > 0
    assert State.FAULT not in {state for state, _ in heard.observations}
    texts = [note.text for note in journal(tmp_path).notes()]
    assert any("capture_lost: unplugged in recording" in text for text in texts)
    assert any("capture_back: after" in text for text in texts)
    assert any("CameraBack" in text for text in texts)


def test_a_recording_stopped_without_a_picture_ends_in_a_fault_that_passes_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_watch, "LOOK_EVERY_S", 0.2)
    plug = threading.Event()
    real_board = assemble.make_board
    monkeypatch.setattr(assemble, "make_board", lambda *parts: pulled(real_board(*parts), plug))
    with living(configuration(tmp_path)) as (agent, _board, heard):
        heard.await_report(messages.Capturing)
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        plug.set()
        heard.await_report(messages.CameraLost)
        agent.post_now(Trigger.STOP, "Button")
        heard.await_report(messages.RecordingClosed)
        heard.await_state(State.FAULT)
        before = len(heard.observations)
        plug.clear()
        heard.await_report(messages.CaptureReturned)
        heard.await_state(State.PRE_RECORD, before)
    (clip,) = journal(tmp_path).clips()
    assert clip.end_reason is EndReason.STOP


def test_a_battery_at_its_end_closes_the_clip_and_switches_the_camera_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(battery_watch, "LOOK_EVERY_S", dict.fromkeys(battery_watch.Level, 0.0))
    heard = Heard()
    with assembled(configuration(tmp_path), registry.open_clock(), heard) as (agent, board):
        owner = threading.Thread(target=agent.run)
        owner.start()
        heard.await_report(messages.Capturing)
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        board.battery.set(charge=0.02, left_s=60)  # type: ignore[attr-defined]
        owner.join(_PATIENCE_S)
        assert not owner.is_alive(), "nobody had to switch it off"
    (clip,) = journal(tmp_path).clips()
    assert clip.state is ClipState.FINALISED and clip.end_reason is EndReason.BATTERY_EMPTY
    (recording,) = journal(tmp_path).recordings()
    assert recording.trigger_off == "BatteryEmpty"
    texts = [note.text for note in journal(tmp_path).notes()]
    assert any("recording -> shutting_down: battery_empty: 2%" in text for text in texts)
