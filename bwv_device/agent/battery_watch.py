"""What the readings of the battery gauge mean: well, low, or at its end.

Who uses it: the gauges. Readings in, events of the firmware out; no clock and no I/O.
"""

from collections.abc import Mapping
from enum import StrEnum

from bwv_device.configuration.battery import Battery
from bwv_device.firmware.events import Trigger
from hal.interfaces.battery import BatteryReading


class Level(StrEnum):
    """How the battery is."""

    WELL = "well"
    LOW = "low"
    EMPTY = "empty"


EVENTS: Mapping[Level, Trigger] = {
    Level.WELL: Trigger.BATTERY_WELL,
    Level.LOW: Trigger.BATTERY_LOW,
    Level.EMPTY: Trigger.BATTERY_EMPTY,
}

LOOK_EVERY_S: Mapping[Level, float] = {Level.WELL: 30.0, Level.LOW: 10.0, Level.EMPTY: 2.0}
"""By the level of the last reading. The end is 2 min long by default, so it is seen in time; what
looks like the end is looked at again at once."""

MARGIN_CHARGE, MARGIN_LEFT_S = 0.02, 120.0
"""So far above the edge, a battery that was low is well again: gauges jitter."""

CONFIRMED = 2
"""Readings of an empty battery, one behind the other, that it takes: one may be a slip of the
gauge, and it would end a recording."""


class BatteryWatch:
    """Knows the level; one thread uses it."""

    def __init__(self, settings: Battery) -> None:
        self._settings = settings
        self._level = self._seen = Level.WELL
        self._empty_readings = 0

    @property
    def next_look_s(self) -> float:
        """When the gauge has to be read again."""
        return LOOK_EVERY_S[self._seen]

    def look(self, reading: BatteryReading) -> Trigger | None:
        """The event that the reading is, or None where nothing changes."""
        seen = self._seen = self._level_of(reading)
        self._empty_readings = self._empty_readings + 1 if seen is Level.EMPTY else 0
        if seen is Level.EMPTY and self._empty_readings < CONFIRMED:
            # Low at least, until it is sure.
            seen = self._level if self._level is Level.EMPTY else Level.LOW
        if seen is self._level:
            return None
        self._level = seen
        return EVENTS[seen]

    def miss(self) -> None:
        """The gauge did not answer: that is no reading, least of all of an empty battery."""
        self._empty_readings = 0

    def _level_of(self, reading: BatteryReading) -> Level:
        if reading.charging:
            return Level.WELL
        if self._is_empty(reading):
            return Level.EMPTY
        return Level.LOW if self._is_low(reading) else Level.WELL

    def _is_empty(self, reading: BatteryReading) -> bool:
        settings = self._settings
        has_no_time = reading.left_s is not None and reading.left_s <= settings.empty_left_s
        return reading.charge <= settings.empty_charge or (
            has_no_time and reading.charge <= settings.low_charge
        )

    def _is_low(self, reading: BatteryReading) -> bool:
        was_well = self._level is Level.WELL
        charge = self._settings.low_charge + (0 if was_well else MARGIN_CHARGE)
        left_s = self._settings.low_left_s + (0 if was_well else MARGIN_LEFT_S)
        return reading.charge <= charge or (reading.left_s is not None and reading.left_s <= left_s)


def in_words(reading: BatteryReading) -> str:
    """For the journal and for people."""
    left = "unknown" if reading.left_s is None else f"{reading.left_s / 60:.0f} min"
    return f"{reading.charge:.0%}, {'charging' if reading.charging else 'in use'}, left {left}"
