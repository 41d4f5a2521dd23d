"""The words of the transition table: what a row is, and which guards and actions there are.

Who uses it: the modules of this package, which hold the rows; `guards` and `actions`, which
give the words their meaning.
"""

from dataclasses import dataclass
from enum import StrEnum

from bwv_device.firmware.events import Trigger
from bwv_device.firmware.indications import Moment
from bwv_device.firmware.states import State


class Guard(StrEnum):
    """A condition of a row; `guards` says what each asks."""

    IN_DOCK = "in_dock"
    FAULT_STANDS = "fault_stands"
    READY_IS_PRE_RECORD = "ready_is_pre_record"
    HAS_PRE_RECORD = "has_pre_record"
    BEGAN_IN_RECORDING = "began_in_recording"


class Action(StrEnum):
    """What a row asks for; `actions` says which command each makes."""

    ARM = "arm"
    DISARM = "disarm"
    START_RECORDING = "start_recording"
    STOP_RECORDING = "stop_recording"
    MARK_BOOKMARK = "mark_bookmark"
    BEGIN_DOCKING = "begin_docking"
    END_DOCKING = "end_docking"
    POWER_OFF = "power_off"
    REMEMBER_DOCK = "remember_dock"
    FORGET_DOCK = "forget_dock"
    REMEMBER_FAULT = "remember_fault"
    FORGET_FAULT = "forget_fault"
    REMEMBER_LOW_BATTERY = "remember_low_battery"
    FORGET_LOW_BATTERY = "forget_low_battery"


@dataclass(frozen=True, slots=True)
class Row:
    """`trigger` in `source` leads to `dest` (None: the state stays, nothing is left or
    entered) if all `guards` hold; `plays` moments and carries out `actions` in their order.

    `follows` names the device or policy whose behaviour the row has.
    """

    trigger: Trigger
    source: State
    dest: State | None
    follows: str
    guards: tuple[Guard, ...] = ()
    plays: tuple[Moment, ...] = ()
    actions: tuple[Action, ...] = ()
