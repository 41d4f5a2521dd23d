"""The shape of the indications file: which tables and keys it has and what each may be.

Who uses it: `indications_file` only. Patterns have names, so that two rows which mean the
same look and sound the same.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bwv_device.configuration.section import Section

SHORTEST_S, LONGEST_S = 0.01, 10
"""Of a beep, a pulse or a blink: outside of this nobody notices it, or it is a typing error."""

MOST_TIMES = 10
LOWEST_HZ, HIGHEST_HZ = 100, 10_000
"""What a small sounder can play and a person can hear."""

Shown = Annotated[float, Field(ge=SHORTEST_S, le=LONGEST_S)]
Rest = Annotated[float, Field(ge=0, le=LONGEST_S)]
Times = Annotated[int, Field(ge=1, le=MOST_TIMES)]


class LightEntry(Section):
    """A colour, steady without times, else `on_s` lit and `off_s` dark in turn."""

    colour: Literal["off", "red", "green", "amber", "blue", "white"]
    on_s: Rest = 0.0
    off_s: Rest = 0.0

    @model_validator(mode="after")
    def _blinks_or_not(self) -> Self:
        if (self.on_s > 0) != (self.off_s > 0):
            raise ValueError("a blinking light has both on_s and off_s, a steady one has neither")
        if self.colour == "off" and self.on_s:
            raise ValueError("a light that is off can't blink")
        return self


class SoundEntry(Section):
    """`times` beeps of `frequency_hz`, each `on_s` long, `off_s` of silence after each."""

    frequency_hz: float = Field(ge=LOWEST_HZ, le=HIGHEST_HZ)
    on_s: Shown
    off_s: Rest
    times: Times


class HapticEntry(Section):
    """`times` pulses, each `on_s` long, `off_s` of rest after each."""

    on_s: Shown
    off_s: Rest
    times: Times


class StateEntry(Section):
    """What one state shows: names of lights, and the text of the forward-facing screen."""

    recording_light: str
    status_light: str
    heading: str
    lines: list[str] = Field(default_factory=list, json_schema_extra={"allowed": "a list of texts"})
    follows: str = Field(min_length=1)


class MomentEntry(Section):
    """What one moment plays: a name of a sound and of a haptic, or empty for none."""

    sound: str
    haptic: str
    follows: str = Field(min_length=1)


class StateEntries(Section):
    """A row for each `State`."""

    off: StateEntry
    booting: StateEntry
    standby: StateEntry
    pre_record: StateEntry
    recording: StateEntry
    docked: StateEntry
    fault: StateEntry
    shutting_down: StateEntry


class MomentEntries(Section):
    """A row for each `Moment`."""

    power_on: MomentEntry
    power_off: MomentEntry
    start: MomentEntry
    stop: MomentEntry
    reminder: MomentEntry
    bookmark: MomentEntry
    dock: MomentEntry
    fault: MomentEntry
    start_refused: MomentEntry
    low_battery: MomentEntry


class IndicationsEntries(Section):
    """The whole file."""

    lights: dict[str, LightEntry]
    sounds: dict[str, SoundEntry]
    haptics: dict[str, HapticEntry]
    states: StateEntries
    moments: MomentEntries
