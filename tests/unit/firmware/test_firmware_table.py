"""The transition table: every state with every event, and rules that all rows keep."""

from collections.abc import Iterable

import pytest

from bwv_device.firmware.actions import ACTIONS, REASONS
from bwv_device.firmware.commands import (
    Arm,
    BeginDocking,
    Disarm,
    MarkBookmark,
    NoteKind,
    PlaySound,
    ShowLight,
    ShowScreen,
    StartRecording,
    StopRecording,
    Vibrate,
)
from bwv_device.firmware.events import Event, Trigger
from bwv_device.firmware.guards import GUARDS
from bwv_device.firmware.indications import Moment
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.states import State
from bwv_device.firmware.table import TABLE, Action, Guard, Row
from tests.unit.firmware.firmware_behaviour import SITUATIONS, Answer, answer_of, wanted
from tests.unit.firmware.firmware_drive import (
    READY,
    RECORDING,
    S,
    camera_after,
    event,
    notes,
    of_kind,
    recording_light,
    sounds,
)
from tests.unit.firmware.firmware_rules import HISTORIES, History, broken_rules, name_of

WANTED = wanted()


@pytest.mark.parametrize(
    ("name", "trigger"), WANTED, ids=[f"{name}-{trigger}" for name, trigger in WANTED]
)
def test_every_event_in_every_state_does_what_is_written_or_is_ignored(
    name: str, trigger: Trigger
) -> None:
    assert answer_of(name, trigger) == WANTED[name, trigger]


def test_every_state_is_tried_with_every_event() -> None:
    tried = {(camera_after(SITUATIONS[name].triggers).state, trigger) for name, trigger in WANTED}
    assert tried >= {(state, trigger) for state in State for trigger in Trigger}


def test_every_situation_is_tried() -> None:
    assert {name for name, _ in WANTED} == set(SITUATIONS)


@pytest.mark.parametrize("row", TABLE, ids=name_of)
def test_every_row_names_what_it_follows_and_repeats_no_other(row: Row) -> None:
    assert row.follows
    same = [
        r for r in TABLE if (r.trigger, r.source, r.guards) == (row.trigger, row.source, row.guards)
    ]
    assert same == [row]


def test_no_row_stands_behind_one_that_always_applies() -> None:
    for position, row in enumerate(TABLE):
        later = [
            r for r in TABLE[position + 1 :] if (r.trigger, r.source) == (row.trigger, row.source)
        ]
        assert row.guards or not later, row


def used(values: Iterable[tuple[object, ...]]) -> set[object]:
    return {value for group in values for value in group}


def test_every_word_of_the_table_is_used_and_has_a_meaning() -> None:
    assert used(row.guards for row in TABLE) == set(Guard) == set(GUARDS)
    assert used(row.actions for row in TABLE) == set(Action) == set(ACTIONS)
    assert used(row.plays for row in TABLE) | {Moment.REMINDER} == set(Moment)
    assert {row.trigger for row in TABLE} == set(Trigger)
    assert {row.source for row in TABLE} == {row.dest for row in TABLE if row.dest} == set(State)


@pytest.mark.parametrize("row", TABLE, ids=name_of)
def test_what_a_row_asks_for_agrees_with_its_event_and_the_states_that_it_joins(row: Row) -> None:
    assert broken_rules(row) == []


def test_power_can_be_switched_off_from_every_state_that_is_on() -> None:
    on = set(State) - {State.OFF, State.SHUTTING_DOWN}
    assert {row.source for row in TABLE if row.dest is State.SHUTTING_DOWN} == on


def test_a_start_is_never_met_with_silence_while_the_camera_is_on() -> None:
    answered = {row.source for row in TABLE if row.trigger is Trigger.START and row.plays}
    assert answered == set(State) - {State.OFF}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: "-".join(history.triggers))
def test_what_happened_before_is_remembered_as_long_as_it_holds(history: History) -> None:
    assert camera_after(history.triggers, history.policy).state == history.state


def test_a_start_shows_the_red_light_and_beeps_before_anything_else() -> None:
    commands = camera_after(READY).post(event("start", 9 * S, "Holster"))
    kinds = [type(command) for command in commands]
    assert kinds[:5] == [ShowLight, ShowLight, PlaySound, Vibrate, StartRecording]
    assert recording_light(commands[:1]) == [True]
    assert sounds(commands) == ["start"]
    assert of_kind(commands, StartRecording) == [StartRecording(9 * S, "Holster")]
    assert kinds.index(ShowScreen) > kinds.index(StartRecording)


@pytest.mark.parametrize(
    ("happening", "reason"),
    [
        (event("stop", 9 * S, "Button"), "Button"),
        (event("stop", 9 * S), "Unknown"),
        (event("dock", 9 * S), "Docked"),
        (event("power_off", 9 * S), "Shutdown"),
        (event("recorder_failed", 9 * S), "Fault"),
        (event("storage_full", 9 * S), "StorageFull"),
    ],
)
def test_a_recording_ends_at_the_instant_and_for_the_reason_of_the_event(
    happening: Event, reason: str
) -> None:
    commands = camera_after(RECORDING).post(happening)
    assert of_kind(commands, StopRecording) == [StopRecording(9 * S, reason)]
    assert recording_light(commands) == [False]
    assert sounds(commands)[0] == "stop"


def test_every_way_to_end_a_recording_has_a_reason_of_its_own() -> None:
    ends = {row.trigger for row in TABLE if Action.STOP_RECORDING in row.actions}
    assert set(REASONS) == ends - {Trigger.STOP}
    assert len(set(REASONS.values())) == len(REASONS)


def test_arm_and_disarm_carry_the_instant_of_the_event() -> None:
    firmware = camera_after(("power_on",))
    assert of_kind(firmware.post(event("boot_done", 7 * S)), Arm) == [Arm(7 * S)]
    assert of_kind(firmware.post(event("dock", 8 * S)), Disarm) == [Disarm(8 * S)]


def test_a_recording_is_closed_before_the_dock_may_send_it() -> None:
    commands = camera_after(RECORDING).post(event("dock", 9 * S))
    kinds = [type(command) for command in commands]
    assert kinds.index(StopRecording) < kinds.index(Disarm) < kinds.index(BeginDocking)


def test_a_start_while_recording_starts_nothing_and_is_kept_as_a_bookmark() -> None:
    commands = camera_after(RECORDING).post(event("start", 9 * S, "Button"))
    assert of_kind(commands, MarkBookmark) == [MarkBookmark(9 * S)]
    assert not of_kind(commands, StartRecording)
    assert "start (Button)" in notes(commands, NoteKind.HANDLED)[0].text


def test_an_event_that_is_ignored_is_noted_with_all_that_it_said_and_counted() -> None:
    firmware = camera_after(READY)
    commands = firmware.post(event("stop", 9 * S, "Remote", "line 4 went low"))
    assert [note.text for note in notes(commands, NoteKind.IGNORED_EVENT)] == [
        "stop (Remote): line 4 went low ignored in pre_record"
    ]
    assert len(commands) == 1
    assert firmware.counters.ignored_events == 1


def test_a_change_of_state_is_noted_with_its_cause() -> None:
    commands = camera_after(RECORDING).post(event("recorder_failed", 9 * S, "", "no frames"))
    assert [(note.at_ns, note.text) for note in notes(commands, NoteKind.STATE_CHANGED)] == [
        (9 * S, "recording -> fault: recorder_failed: no frames")
    ]


def test_an_event_that_was_overtaken_can_not_end_a_recording_before_it_began() -> None:
    firmware = camera_after(RECORDING)
    commands = firmware.post(event("dock", 1 * S))
    assert of_kind(commands, StopRecording) == [StopRecording(3 * S, "Docked")]


def test_a_start_that_was_overtaken_by_another_marks_the_trigger() -> None:
    commands = camera_after(RECORDING).post(event("start", 1 * S, "Holster"))
    assert of_kind(commands, MarkBookmark) == [MarkBookmark(3 * S)]


@pytest.mark.parametrize("trigger", ["stop", "bookmark"])
def test_a_stop_or_bookmark_from_before_the_recording_does_not_touch_it(trigger: str) -> None:
    firmware = camera_after(RECORDING)
    commands = firmware.post(Event(Trigger(trigger), 4 * S, "Button", since_ns=3 * S - 1))
    assert notes(commands, NoteKind.IGNORED_EVENT)
    assert firmware.state is State.RECORDING


@pytest.mark.parametrize("trigger", ["stop", "bookmark"])
def test_a_stop_or_bookmark_from_the_instant_of_the_trigger_belongs_to_it(trigger: str) -> None:
    commands = camera_after(RECORDING).post(Event(Trigger(trigger), 4 * S, since_ns=3 * S))
    assert not notes(commands, NoteKind.IGNORED_EVENT)


def test_a_ring_of_less_than_a_second_is_a_ring() -> None:
    policy = Policy(pre_record_s=0.5)
    assert camera_after(READY, policy).state is State.PRE_RECORD
    assert camera_after((*READY, "disarm", "arm"), policy).state is State.PRE_RECORD


def test_the_expectations_can_tell_an_answer_from_silence() -> None:
    assert WANTED["off", Trigger.STOP] is None
    assert WANTED["off", Trigger.DOCK] == Answer("off", "", "")
