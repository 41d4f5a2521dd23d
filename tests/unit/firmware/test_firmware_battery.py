"""A battery that gets low and empty: what repeats, what cancels, what is said."""

import pytest

from bwv_device.firmware.commands import NoteKind, StopRecording
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.states import State
from tests.unit.firmware.firmware_drive import (
    READY,
    RECORDING,
    S,
    camera_after,
    event,
    notes,
    of_kind,
    sounds,
)

QUIET_REMINDER = Policy(reminder_interval_s=0)


def test_a_low_battery_is_warned_of_every_20_seconds_beside_the_reminder() -> None:
    firmware = camera_after((*RECORDING, "battery_low"))
    played = sounds(firmware.advance(4 * S + 125 * S))
    assert played.count("low_battery") == 6 and played.count("reminder") == 1
    assert firmware.state is State.RECORDING


def test_the_warning_goes_on_from_state_to_state_in_its_own_rhythm() -> None:
    firmware = camera_after((*READY, "battery_low"), QUIET_REMINDER)
    firmware.post(event("start", 10 * S))
    assert "low_battery" not in sounds(firmware.advance(22 * S))
    assert sounds(firmware.advance(23 * S)) == ["low_battery"]


@pytest.mark.parametrize("ends", ["battery_well", "dock", "power_off", "battery_empty"])
def test_what_ends_the_warning(ends: str) -> None:
    firmware = camera_after((*READY, "battery_low"), QUIET_REMINDER)
    firmware.post(event(ends, 10 * S))
    assert "low_battery" not in sounds(firmware.advance(200 * S))


def test_a_camera_out_of_the_dock_with_a_low_battery_is_warned_again() -> None:
    firmware = camera_after((*READY, "battery_low", "dock"))
    assert sounds(firmware.advance(60 * S)) == []
    firmware.post(event("undock", 100 * S))
    assert sounds(firmware.advance(141 * S)) == ["low_battery", "low_battery"]


def test_an_interval_of_0_warns_once() -> None:
    firmware = camera_after((*READY, "battery_low"), Policy(low_battery_interval_s=0))
    assert sounds(firmware.advance(1_000 * S)) == []


def test_the_end_of_the_battery_ends_the_recording_with_its_reason() -> None:
    firmware = camera_after((*RECORDING, "battery_low"))
    commands = firmware.post(event("battery_empty", 50 * S, message="2%, in use, left 1 min"))
    (stop,) = of_kind(commands, StopRecording)
    assert (stop.stop_ns, stop.reason) == (50 * S, "BatteryEmpty")
    assert firmware.state is State.SHUTTING_DOWN
    (note,) = notes(commands, NoteKind.STATE_CHANGED)
    assert "2%" in note.text
