"""The agent's ledger: what a camera did is entered, whole and signed, by the scribe alone."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bwv_device.agent import agent as agent_module
from bwv_device.evidence.ledger.account import OFF, UNKNOWN, account
from bwv_device.evidence.ledger.check import Checked
from bwv_device.evidence.ledger.kinds import Kind, Own
from bwv_device.evidence.ledger.read import check_folder
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.states import State
from bwv_device.media import messages
from hal import registry
from hal.interfaces.button import ButtonEdge
from tests.unit.agent.test_agent import configuration, journal, living


def ledger(folder: Path) -> Checked:
    return check_folder(folder / "ledger")


def signs_of_life(folder: Path) -> int:
    return sum(each.kind == Kind.ALIVE for each in ledger(folder).entries)


def wait_for(holds: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(1000):
        if holds():
            return
        waited.wait(0.02)
    raise AssertionError("it never came")


def test_a_recording_is_entered_from_the_boot_to_switching_off(tmp_path: Path) -> None:
    with living(configuration(tmp_path)) as (agent, _board, heard):
        heard.await_report(messages.Capturing)
        now_ns = registry.open_clock().monotonic_ns()
        agent.post(ButtonEdge(pressed=True, at_ns=now_ns))
        agent.post(ButtonEdge(pressed=False, at_ns=now_ns + 1_000_000))
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        agent.post_now(Trigger.STOP, "Button")
        heard.await_report(messages.RecordingClosed)
    made = ledger(tmp_path)
    assert made.ok and not made.findings
    assert made.device == "BWV-0001" and made.signed == made.head.number - 1
    states = [each.data["state"] for each in made.entries if each.kind == Kind.STATE]
    wanted = ["booting", "pre_record", "recording", "pre_record", "shutting_down", "off"]
    assert states == wanted
    kinds = {each.kind for each in made.entries}
    assert kinds >= {
        *(Kind.BOOT, Kind.ALIVE, Kind.BUTTON, Kind.LIGHT, Kind.SOUND, Kind.HAPTIC, Kind.SCREEN),
        *(Kind.COMMAND, Kind.BATTERY, Kind.RECORDER, Kind.CLIP_OPENED, Kind.OFF, Own.SIGNER),
    }
    (clip,) = journal(tmp_path).clips()
    (closed,) = (each.data for each in made.entries if each.kind == Kind.CLIP_FINALISED)
    assert (closed["file"], closed["sha256"]) == (clip.file, clip.sha256)
    assert (closed["frames"], closed["end_reason"]) == (clip.frames, "Stop")
    buttons = [each.data["pressed"] for each in made.entries if each.kind == Kind.BUTTON]
    assert buttons == [True, False]


def test_a_camera_that_was_off_between_two_runs_was_off_and_not_unknown(tmp_path: Path) -> None:
    for _ in range(2):
        with living(configuration(tmp_path)) as (_agent, _board, heard):
            heard.await_state(State.PRE_RECORD)
    made = ledger(tmp_path)
    told = account(made.entries)
    assert made.ok and told.unknown == ()
    states = [each.state for each in told.stretches[:-1]]
    assert states.count(OFF) == 1 and states.count(str(State.PRE_RECORD)) == 2


def test_a_camera_whose_ledger_can_not_be_written_records_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file where the folder should be")
    with living(configuration(tmp_path)) as (agent, _board, heard):
        heard.await_report(messages.Capturing)
        agent.post_now(Trigger.START, "Button")
        heard.await_report(messages.ClipOpened)
        agent.post_now(Trigger.STOP, "Button")
        heard.await_report(messages.RecordingClosed)
    (clip,) = journal(tmp_path).clips()
    assert clip.frames and (tmp_path / "ledger").is_file()


def test_a_thread_that_decides_gives_signs_of_life_without_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_module, "HEARTBEAT_S", 0.02)
    with living(configuration(tmp_path)) as (_agent, _board, heard):
        heard.await_state(State.PRE_RECORD)
        before = signs_of_life(tmp_path)
        wait_for(lambda: signs_of_life(tmp_path) > before + 3)
    assert UNKNOWN not in {each.state for each in account(ledger(tmp_path).entries).stretches}
