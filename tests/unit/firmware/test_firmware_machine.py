"""The firmware in time: button to command, reminders, late and overtaken events."""

from collections.abc import Iterable

import pytest

from bwv_device.firmware.commands import (
    Command,
    LightName,
    MarkBookmark,
    NoteKind,
    ShowLight,
    StartRecording,
    StopRecording,
    Vibrate,
)
from bwv_device.firmware.indications import Moment
from bwv_device.firmware.machine import Counters
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.reminders import Reminders
from bwv_device.firmware.states import State
from hal.interfaces.button import ButtonEdge
from hal.interfaces.light import LightPattern
from tests.unit.firmware.firmware_drive import (
    MS,
    READY,
    RECORDING,
    SHIPPED,
    STANDBY_POLICY,
    S,
    camera,
    camera_after,
    event,
    notes,
    of_kind,
    press,
    recording_light,
    sounds,
)


@pytest.mark.parametrize("triggers", [READY, (*READY, "disarm")])
def test_a_double_press_starts_at_its_second_press(triggers: tuple[str, ...]) -> None:
    firmware = camera_after(triggers)
    press(firmware, 10 * S, 100 * MS)
    commands = firmware.post(ButtonEdge(True, 10 * S + 300 * MS))
    assert of_kind(commands, StartRecording) == [StartRecording(10 * S + 300 * MS, "Button")]
    assert firmware.state is State.RECORDING


def test_a_hold_stops_at_three_seconds_however_late_that_is_noticed() -> None:
    firmware = camera_after(RECORDING)
    firmware.post(ButtonEdge(True, 20 * S))
    assert firmware.next_deadline_ns() == 23 * S
    commands = firmware.advance(27 * S)
    assert of_kind(commands, StopRecording) == [StopRecording(23 * S, "Button")]
    assert firmware.state is State.PRE_RECORD


def test_a_single_press_marks_the_instant_of_the_press() -> None:
    firmware = camera_after(RECORDING)
    assert not of_kind(press(firmware, 20 * S, 100 * MS), MarkBookmark)
    assert of_kind(firmware.advance(20 * S + 500 * MS), MarkBookmark) == [MarkBookmark(20 * S)]


def test_a_double_press_while_recording_is_one_bookmark_and_no_second_start() -> None:
    firmware = camera_after(RECORDING)
    commands = [
        *press(firmware, 20 * S, 100 * MS),
        *press(firmware, 20 * S + 200 * MS, 100 * MS),
        *firmware.advance(30 * S),
    ]
    assert of_kind(commands, MarkBookmark) == [MarkBookmark(20 * S + 200 * MS)]
    assert not of_kind(commands, StartRecording)


def test_a_bookmark_is_not_lost_when_the_recording_ends_before_it_is_certain() -> None:
    firmware = camera_after(RECORDING)
    press(firmware, 20 * S, 100 * MS)
    commands = firmware.post(event("dock", 20 * S + 200 * MS))
    work = [c for c in commands if isinstance(c, MarkBookmark | StopRecording)]
    assert work == [MarkBookmark(20 * S), StopRecording(20 * S + 200 * MS, "Docked")]
    assert not notes(firmware.advance(30 * S), NoteKind.IGNORED_EVENT)


def test_an_event_between_two_presses_does_not_break_a_start() -> None:
    firmware = camera_after(READY)
    press(firmware, 20 * S, 100 * MS)
    firmware.post(event("recorder_started", 20 * S + 200 * MS))
    commands = firmware.post(ButtonEdge(True, 20 * S + 300 * MS))
    assert of_kind(commands, StartRecording)


def test_a_hold_from_before_a_remote_start_does_not_stop_the_recording() -> None:
    firmware = camera_after(READY)
    firmware.post(ButtonEdge(True, 20 * S))
    firmware.post(event("start", 22 * S, "Holster"))
    assert notes(firmware.advance(30 * S), NoteKind.IGNORED_EVENT)
    assert firmware.state is State.RECORDING


def test_a_press_outside_of_a_recording_is_noted_as_ignored() -> None:
    firmware = camera_after(READY)
    press(firmware, 20 * S, 100 * MS)
    (note,) = firmware.advance(30 * S)
    assert note in notes([note], NoteKind.IGNORED_EVENT)
    assert firmware.counters == Counters(ignored_events=1, bounces=0, unpaired_edges=0)


def test_a_press_that_means_nothing_is_noted() -> None:
    firmware = camera_after(RECORDING)
    press(firmware, 20 * S, 2 * S)
    assert [note.at_ns for note in notes(firmware.advance(30 * S), NoteKind.GESTURE)] == [20 * S]


def test_an_edge_without_its_partner_is_noted_and_counted() -> None:
    firmware = camera_after(RECORDING)
    commands = firmware.post(ButtonEdge(False, 20 * S))
    assert [note.text for note in notes(commands, NoteKind.GESTURE)] == [
        "button released twice in a row"
    ]
    firmware.post(ButtonEdge(True, 21 * S))
    commands = firmware.post(ButtonEdge(True, 22 * S))
    assert [note.text for note in notes(commands, NoteKind.GESTURE)] == [
        "button pressed twice in a row"
    ]
    assert firmware.counters.unpaired_edges == 2


def test_bounce_is_counted() -> None:
    firmware = camera_after(READY)
    for at_ms, pressed in enumerate((True, False, True)):
        firmware.post(ButtonEdge(pressed, 20 * S + at_ms * MS))
    assert firmware.counters.bounces == 2


def test_the_reminder_plays_every_two_minutes_from_the_start_until_the_stop() -> None:
    firmware = camera_after(RECORDING)  # started at 3 s
    assert firmware.next_deadline_ns() == 123 * S
    assert firmware.advance(123 * S - 1) == ()
    commands = firmware.advance(123 * S)
    assert sounds(commands) == ["reminder"]
    assert [felt.name for felt in of_kind(commands, Vibrate)] == ["reminder"]
    assert [note.at_ns for note in notes(commands, NoteKind.REMINDER)] == [123 * S]
    firmware.post(event("stop", 243 * S - 1, "Button"))
    assert firmware.next_deadline_ns() is None


def test_no_reminder_is_left_out_when_the_owner_was_late() -> None:
    commands = camera_after(RECORDING).advance((3 + 5 * 120) * S)
    assert [note.at_ns // S for note in notes(commands, NoteKind.REMINDER)] == [
        123, 243, 363, 483, 603,
    ]  # fmt: skip
    assert sounds(commands) == ["reminder"] * 5


def test_a_stop_that_is_due_with_a_reminder_comes_first_and_silences_it() -> None:
    firmware = camera_after(RECORDING)
    firmware.post(ButtonEdge(True, 120 * S))
    assert sounds(firmware.advance(123 * S)) == ["stop"]


def test_a_reminder_that_is_not_due_does_not_play() -> None:
    reminders = Reminders(Policy())
    assert reminders.due(10**18) is None
    reminders.enter(State.RECORDING, 3 * S)
    assert reminders.due(123 * S - 1) is None
    assert reminders.due(123 * S) is Moment.REMINDER
    reminders.enter(State.STANDBY, 124 * S)
    assert reminders.due(10**18) is None


def test_an_interval_of_nought_means_no_reminder() -> None:
    policy = Policy(reminder_interval_s=0, fault_interval_s=0)
    assert camera_after(RECORDING, policy).next_deadline_ns() is None
    assert camera_after((*READY, "storage_full"), policy).next_deadline_ns() is None


def test_the_alarm_repeats_while_the_fault_stands() -> None:
    firmware = camera_after((*READY, "recorder_failed"))  # at 3 s
    assert sounds(firmware.advance(43 * S)) == ["fault", "fault"]
    firmware.post(event("fault_cleared", 44 * S))
    assert firmware.next_deadline_ns() is None


def status_light(commands: Iterable[Command]) -> list[LightPattern]:
    return [
        shown.pattern for shown in of_kind(commands, ShowLight) if shown.light is LightName.STATUS
    ]


def test_a_lost_camera_alarms_the_wearer_and_leaves_the_red_light_alone() -> None:
    firmware = camera_after(RECORDING)
    commands = firmware.post(event("capture_lost", 10 * S))
    assert status_light(commands) == [SHIPPED.states[State.FAULT].status_light]
    assert recording_light(commands) == [] and sounds(commands) == ["fault"]
    assert sounds(firmware.advance(50 * S)) == ["fault", "fault"]
    assert firmware.state is State.RECORDING
    commands = firmware.post(event("capture_back", 60 * S))
    assert status_light(commands) == [SHIPPED.states[State.RECORDING].status_light]
    assert recording_light(commands) == [] and firmware.next_deadline_ns() == 180 * S


def test_a_camera_lost_twice_keeps_the_rhythm_of_the_alarm() -> None:
    firmware = camera_after((*RECORDING, "capture_lost"))  # at 4 s
    assert status_light(firmware.post(event("capture_lost", 10 * S))) == []
    assert firmware.next_deadline_ns() == 24 * S


def test_a_recording_that_ends_without_a_picture_shows_the_fault_from_then_on() -> None:
    firmware = camera_after((*RECORDING, "capture_lost"))
    commands = firmware.post(event("stop", 10 * S, "Button"))
    assert recording_light(commands) == [False] and len(status_light(commands)) == 1
    assert firmware.next_deadline_ns() == 30 * S


def test_a_new_recording_knows_nothing_of_the_loss_in_the_one_before() -> None:
    firmware = camera_after((*RECORDING, "capture_lost", "stop", "fault_cleared"))
    commands = firmware.post(event("start", 60 * S, "Button"))
    assert status_light(commands) == [SHIPPED.states[State.RECORDING].status_light]
    assert firmware.next_deadline_ns() == 180 * S


@pytest.mark.parametrize("trigger", ["start", "bookmark", "recorder_started"])
def test_an_event_that_leaves_the_state_alone_does_not_restart_the_reminder(trigger: str) -> None:
    firmware = camera_after(RECORDING)
    commands = firmware.post(event(trigger, 100 * S))
    assert recording_light(commands) == []
    assert firmware.next_deadline_ns() == 123 * S


def test_a_deadline_comes_before_an_event_of_the_same_instant() -> None:
    firmware = camera_after(RECORDING)
    commands = firmware.post(event("stop", 123 * S, "Button"))
    assert sounds(commands) == ["reminder", "stop"]


def test_an_overtaken_event_is_acted_on_and_its_deadlines_with_it() -> None:
    firmware = camera_after(READY)
    firmware.advance(500 * S)
    commands = firmware.post(event("start", 370 * S, "Holster"))
    assert of_kind(commands, StartRecording) == [StartRecording(370 * S, "Holster")]
    assert sounds(commands) == ["start", "reminder"]
    assert firmware.next_deadline_ns() == 610 * S


def test_time_that_goes_back_does_nothing() -> None:
    firmware = camera_after(RECORDING)
    firmware.advance(200 * S)
    assert firmware.advance(1 * S) == ()
    assert firmware.next_deadline_ns() == 243 * S


def test_a_new_camera_is_off_and_waits_for_nothing() -> None:
    firmware = camera()
    assert firmware.state is State.OFF
    assert firmware.next_deadline_ns() is None
    assert firmware.advance(10**18) == ()


def test_stop_returns_to_standby_where_nothing_is_buffered() -> None:
    firmware = camera_after(RECORDING, STANDBY_POLICY)
    firmware.post(ButtonEdge(True, 20 * S))
    firmware.advance(23 * S)
    assert firmware.state is State.STANDBY
