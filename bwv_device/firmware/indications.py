"""What the camera shows and plays: for each state what lasts, for each moment what plays once.

Who uses it: the firmware, which looks rows up; `indications_file`, which reads them; the
design page. The rules that no table may break are here, so a table made by a program obeys
them too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bwv_device.errors import ConfigurationError
from bwv_device.firmware.states import State
from hal.interfaces.display import Screen
from hal.interfaces.haptic import Pulse
from hal.interfaces.light import LightPattern
from hal.interfaces.sounder import Beep


class Moment(StrEnum):
    """Something that the wearer hears or feels once."""

    POWER_ON = "power_on"
    POWER_OFF = "power_off"
    START = "start"
    STOP = "stop"
    REMINDER = "reminder"
    BOOKMARK = "bookmark"
    DOCK = "dock"
    FAULT = "fault"
    START_REFUSED = "start_refused"
    LOW_BATTERY = "low_battery"


AUDIBLE = (Moment.START, Moment.STOP, Moment.FAULT, Moment.START_REFUSED)
"""Moments that no table may leave silent: the beep at activation is what people were promised
(Norfolk Constabulary, body-worn cameras), and a refusal that nobody hears is a lost recording."""

RECORDING_COLOUR = "red"
"""The only colour of the light that faces the public (Norfolk Constabulary; Axon Body 4 help)."""


@dataclass(frozen=True, slots=True)
class StateIndication:
    """What one state shows as long as it lasts, and the device or policy that it follows."""

    recording_light: LightPattern
    status_light: LightPattern
    screen: Screen
    follows: str


@dataclass(frozen=True, slots=True)
class MomentIndication:
    """What one moment plays, and the device or policy that it follows; empty is silent."""

    sound: tuple[Beep, ...]
    haptic: tuple[Pulse, ...]
    follows: str


@dataclass(frozen=True)
class Indications:
    """The whole table. Raises `ConfigurationError` that names each row that breaks a rule."""

    states: Mapping[State, StateIndication]
    moments: Mapping[Moment, MomentIndication]

    def __post_init__(self) -> None:
        if problems := [*self._gaps(), *self._lights(), *self._silences()]:
            raise ConfigurationError("indications: " + "; ".join(problems))

    def _gaps(self) -> Iterator[str]:
        yield from (f"states.{state} is missing" for state in State if state not in self.states)
        yield from (f"moments.{name} is missing" for name in Moment if name not in self.moments)

    def _lights(self) -> Iterator[str]:
        for state, row in self.states.items():
            if row.recording_light.lit and row.recording_light.colour != RECORDING_COLOUR:
                yield f"states.{state}: the recording light is {RECORDING_COLOUR} or off"
            if state is State.RECORDING and not row.recording_light.lit:
                yield f"states.{state}: the recording light must be lit while recording"
            if state is not State.RECORDING and row.recording_light.lit:
                yield f"states.{state}: the recording light must be dark when not recording"

    def _silences(self) -> Iterator[str]:
        for moment in AUDIBLE:
            if moment in self.moments and not self.moments[moment].sound:
                yield f"moments.{moment}: must have a sound"
