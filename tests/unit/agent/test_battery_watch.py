"""What readings of the battery gauge come to: arbitrary ones, and those of a shift's end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.agent.battery_watch import CONFIRMED, LOOK_EVERY_S, BatteryWatch, Level, in_words
from bwv_device.configuration.battery import Battery
from bwv_device.firmware.events import Trigger
from hal.interfaces.battery import BatteryReading

MIN = 60.0
LOW, EMPTY, WELL = Trigger.BATTERY_LOW, Trigger.BATTERY_EMPTY, Trigger.BATTERY_WELL


def reading(
    charge: float, left_min: float | None = None, *, charging: bool = False
) -> BatteryReading:
    return BatteryReading(charge, charging, None if left_min is None else left_min * MIN)


def heard(*readings: BatteryReading | None, settings: Battery | None = None) -> list[Trigger]:
    """The events of a row of readings; None is a gauge that does not answer."""
    watch = BatteryWatch(settings or Battery())
    events = []
    for each in readings:
        if each is None:
            watch.miss()
        elif (trigger := watch.look(each)) is not None:
            events.append(trigger)
    return events


READINGS = st.builds(
    BatteryReading,
    st.sampled_from([0.0, 0.02, 0.03, 0.031, 0.1, 0.11, 0.13, 0.5, 1.0]) | st.floats(0, 1),
    st.booleans(),
    st.none() | st.sampled_from([0.0, 60.0, 120.0, 121.0, 1200.0, 1250.0, 9e9]),
)


@settings(deadline=None)
@given(st.lists(st.none() | READINGS, max_size=60))
def test_whatever_the_gauge_says(readings: list[BatteryReading | None]) -> None:
    watch = BatteryWatch(Battery())
    told, empty_in_a_row = WELL, 0
    for each in readings:
        if each is None:
            watch.miss()
            empty_in_a_row = 0
            continue
        could_be_empty = not each.charging and (
            each.charge <= 0.03 or (each.left_s is not None and each.left_s <= 120.0)
        )
        empty_in_a_row = empty_in_a_row + 1 if could_be_empty else 0
        event = watch.look(each)
        assert event is not told, "a change that is none is not told"
        if event is EMPTY:
            assert empty_in_a_row >= CONFIRMED, "one slip of the gauge ends no recording"
            assert each.charge <= 0.1, "a guess of the time left ends none of a full battery"
        told = event or told
        if each.charging:
            assert told is WELL
        if each.charge <= 0.03 and not each.charging:
            assert told in (LOW, EMPTY), "a low battery is said at once"
            assert watch.next_look_s == LOOK_EVERY_S[Level.EMPTY]


def test_a_shift_ends_with_a_warning_and_then_in_good_order() -> None:
    shift = [reading(charge / 100, charge * 7.2) for charge in range(100, 0, -1)]
    assert heard(*shift) == [LOW, EMPTY]


@pytest.mark.parametrize(
    ("readings", "events"),
    [
        ([reading(0.5, 21), reading(0.5, 20)], [LOW]),
        ([reading(0.11), reading(0.10)], [LOW]),
        ([reading(0.10), reading(0.11), reading(0.10)], [LOW]),
        ([reading(0.10), reading(0.121)], [LOW, WELL]),
        ([reading(0.05), reading(0.05, charging=True)], [LOW, WELL]),
        ([reading(0.02), reading(0.02)], [LOW, EMPTY]),
        ([reading(0.02), None, reading(0.02)], [LOW]),
        ([reading(0.02), reading(0.5), reading(0.02)], [LOW, WELL, LOW]),
        ([reading(0.02), reading(0.02), reading(0.02, charging=True)], [LOW, EMPTY, WELL]),
        ([reading(0.02), reading(0.02), reading(0.05)], [LOW, EMPTY, LOW]),
        ([reading(0.08, 1), reading(0.08, 1)], [LOW, EMPTY]),
        ([reading(0.9, 1), reading(0.9, 1)], [LOW]),
        ([reading(0.0, charging=True)] * 3, []),
        ([None] * 5, []),
    ],
)
def test_edges(readings: list[BatteryReading | None], events: list[Trigger]) -> None:
    assert heard(*readings) == events


def test_the_gauge_is_read_more_often_near_the_end() -> None:
    watch = BatteryWatch(Battery())
    rhythm = []
    for charge in (0.5, 0.08, 0.02):
        watch.look(reading(charge))
        rhythm.append(watch.next_look_s)
    assert rhythm == sorted(rhythm, reverse=True) and rhythm[-1] * CONFIRMED < 10


def test_a_reading_in_words() -> None:
    assert in_words(reading(0.08, 12)) == "8%, in use, left 12 min"
    assert in_words(reading(0.5, charging=True)) == "50%, charging, left unknown"


def test_an_end_before_the_warning_is_refused() -> None:
    with pytest.raises(ValueError, match="not be more than the low ones"):
        Battery(empty_charge=0.2)
