"""What the firmware asks for: plain values, carried out in order by whoever drives it.

Who uses it: the agent's owner thread on a real camera, the simulator in virtual time. Nothing
here does anything by itself.
"""

from dataclasses import dataclass
from enum import StrEnum

from bwv_device.firmware.states import State
from hal.interfaces.display import Screen
from hal.interfaces.haptic import Pulse
from hal.interfaces.light import LightPattern
from hal.interfaces.sounder import Beep


class LightName(StrEnum):
    """Which light."""

    RECORDING = "recording_light"
    """Red, faces the public; lit while recording and at no other time."""
    STATUS = "status_light"
    """The wearer's own."""


class NoteKind(StrEnum):
    """What sort of fact a note is."""

    STATE_CHANGED = "state_changed"
    HANDLED = "handled"
    """An event that did something and left the state as it was."""
    IGNORED_EVENT = "ignored_event"
    """An event that has no row in the table for this state."""
    GESTURE = "gesture"
    """A press that means nothing, or an edge without its partner."""
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Arm:
    """Fill the pre-record ring from now on. Already filling: go on."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Disarm:
    """Stop capturing and forget the ring."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Open a recording: drain the ring, if it was armed, and write what follows.

    `trigger_ns` is the instant of the trigger, monotonic; `reason` goes to `TriggerOn`.
    """

    trigger_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class StopRecording:
    """End the recording at `stop_ns` and close its clip whole; `reason` goes to `TriggerOff`.

    Capture goes on until `Disarm`: an `Arm` that follows keeps the ring filling.
    """

    stop_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class MarkBookmark:
    """Mark the instant `at_ns` of the running recording."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class BeginDocking:
    """Begin to hand over clips."""


@dataclass(frozen=True, slots=True)
class EndDocking:
    """Stop handing over; what is half-way stays whole on the device."""


@dataclass(frozen=True, slots=True)
class ShowLight:
    """Show `pattern` on `light` until told otherwise."""

    light: LightName
    pattern: LightPattern


@dataclass(frozen=True, slots=True)
class PlaySound:
    """Play `pattern` once; `name` is the moment that it belongs to."""

    name: str
    pattern: tuple[Beep, ...]


@dataclass(frozen=True, slots=True)
class Vibrate:
    """Vibrate in `pattern` once; `name` is the moment that it belongs to."""

    name: str
    pattern: tuple[Pulse, ...]


@dataclass(frozen=True, slots=True)
class ShowScreen:
    """Show `screen` to the front until told otherwise."""

    screen: Screen


@dataclass(frozen=True, slots=True)
class Note:
    """A fact for the journal and the log: what happened at `at_ns`, in words."""

    at_ns: int
    kind: NoteKind
    text: str
    entered: State | None = None
    """With `STATE_CHANGED`: the state from then on."""


@dataclass(frozen=True, slots=True)
class PowerOff:
    """Cut the power: everything is closed."""


Command = (
    Arm
    | Disarm
    | StartRecording
    | StopRecording
    | MarkBookmark
    | BeginDocking
    | EndDocking
    | ShowLight
    | PlaySound
    | Vibrate
    | ShowScreen
    | Note
    | PowerOff
)
