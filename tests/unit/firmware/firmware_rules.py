"""Rules that every row of the table keeps, and histories that show what is remembered."""

from typing import NamedTuple

from bwv_device.firmware.events import Trigger
from bwv_device.firmware.indications import Moment
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.states import State
from bwv_device.firmware.table import Action, Guard, Row
from tests.unit.firmware.firmware_drive import READY, RECORDING, STANDBY_POLICY

CAPTURING = (State.PRE_RECORD, State.RECORDING)
FAULTS = (
    *(Trigger.RECORDER_FAILED, Trigger.STORAGE_FULL, Trigger.BOOT_FAILED),
    Trigger.CAPTURE_LOST,
)
PAST_REMEMBERING = (State.FAULT, State.SHUTTING_DOWN)
"""Where a fault stands already, or is forgotten with the power."""


def name_of(row: Row) -> str:
    return f"{row.source}-{row.trigger}-{row.dest}"


def broken_rules(row: Row) -> list[str]:
    """The rules, by name, that `row` breaks."""
    dest = row.dest or row.source
    leaves, enters = (row.source, dest) if row.dest else (None, None)
    asks, plays = row.actions, row.plays
    rules = {
        "a state is left for another": row.dest is not row.source,
        "nothing is played or asked for twice": len({*asks, *plays}) == len(asks) + len(plays),
        "start": (Action.START_RECORDING in asks) == (enters is State.RECORDING),
        "start is heard": (Moment.START in plays) == (enters is State.RECORDING),
        "stop": (Action.STOP_RECORDING in asks) == (leaves is State.RECORDING),
        "stop is heard": (Moment.STOP in plays) == (leaves is State.RECORDING),
        "arm": (Action.ARM in asks) == (enters is State.PRE_RECORD),
        "disarm": (Action.DISARM in asks) == (leaves in CAPTURING and dest not in CAPTURING),
        "begin docking": (Action.BEGIN_DOCKING in asks) == (enters is State.DOCKED),
        "end docking": (Action.END_DOCKING in asks) == (leaves is State.DOCKED),
        "power off": (Action.POWER_OFF in asks) == (enters is State.OFF),
        "fault is heard": Moment.FAULT in plays or enters is not State.FAULT,
        "power off is heard": Moment.POWER_OFF in plays or enters is not State.SHUTTING_DOWN,
        "the contact": (Action.REMEMBER_DOCK in asks) == (row.trigger is Trigger.DOCK),
        "no contact": (Action.FORGET_DOCK in asks) == (row.trigger is Trigger.UNDOCK),
        "a fault": (Action.REMEMBER_FAULT in asks)
        == (row.trigger in FAULTS and row.source not in PAST_REMEMBERING),
        "no fault": (Action.FORGET_FAULT in asks)
        == (row.trigger in (Trigger.FAULT_CLEARED, Trigger.CAPTURE_BACK, Trigger.POWER_ON)),
        "a low battery": (Action.REMEMBER_LOW_BATTERY in asks)
        == (row.trigger is Trigger.BATTERY_LOW),
        "a full one": (Action.FORGET_LOW_BATTERY in asks) == (row.trigger is Trigger.BATTERY_WELL),
        "the battery is heard": (Moment.LOW_BATTERY in plays)
        == (row.trigger in (Trigger.BATTERY_LOW, Trigger.BATTERY_EMPTY)),
        "only a press of its own": (Guard.BEGAN_IN_RECORDING in row.guards)
        == (row.trigger in (Trigger.STOP, Trigger.BOOKMARK)),
        "a ring that is wanted": (Guard.READY_IS_PRE_RECORD in row.guards)
        == (enters is State.PRE_RECORD and row.trigger is not Trigger.ARM),
        "a ring at all": (Guard.HAS_PRE_RECORD in row.guards)
        == (enters is State.PRE_RECORD and row.trigger is Trigger.ARM),
        "booted in a dock": (Guard.IN_DOCK in row.guards)
        == (leaves is State.BOOTING and enters is State.DOCKED),
        "an old fault": (Guard.FAULT_STANDS in row.guards)
        == (
            enters is State.FAULT
            and row.trigger in (Trigger.BOOT_DONE, Trigger.UNDOCK, Trigger.STOP)
        ),
    }
    return [name for name, kept in rules.items() if not kept]


class History(NamedTuple):
    """What happened, and the state that it must have led to."""

    triggers: tuple[str, ...]
    state: str
    policy: Policy = Policy()


DOCK_OFF_UNDOCK_ON = ("dock", "power_off", "undock", "shut_down_done", *READY)
DOCK_UNDOCK_OFF_ON = ("dock", "undock", "power_off", "shut_down_done", *READY)

HISTORIES = (
    History(("dock", *READY), "docked"),
    History(("dock", "undock", *READY), "pre_record"),
    History((*READY, "power_off", "dock", "shut_down_done", *READY), "docked"),
    History((*READY, *DOCK_OFF_UNDOCK_ON), "pre_record"),
    History((*READY, "dock", "power_off", "shut_down_done", *READY), "docked"),
    History((*READY, "storage_full", *DOCK_OFF_UNDOCK_ON), "pre_record"),
    History(("power_on", "boot_failed", "dock", "undock"), "fault"),
    History(("power_on", "dock", "boot_failed", "undock"), "fault"),
    History(("power_on", "dock", "storage_full", "boot_done", "undock"), "fault"),
    History((*READY, "disarm", "recorder_failed", "dock", "undock"), "fault"),
    History((*READY, "disarm", "storage_full", "dock", "undock"), "fault"),
    History((*READY, "storage_full", "dock", "undock"), "fault"),
    History((*RECORDING, "storage_full", "dock", "undock"), "fault"),
    History((*RECORDING, "recorder_failed", "dock", "undock"), "fault"),
    History((*READY, "capture_lost", "dock", "undock"), "fault"),
    History((*RECORDING, "capture_lost", "stop"), "fault"),
    History((*RECORDING, "capture_lost", "capture_lost", "capture_back", "stop"), "pre_record"),
    History((*RECORDING, "capture_lost", "fault_cleared", "capture_back", "stop"), "pre_record"),
    History((*RECORDING, "capture_lost", "stop", "fault_cleared", "start"), "recording"),
    History((*RECORDING, "capture_lost", "dock", "fault_cleared", "undock"), "pre_record"),
    History((*RECORDING, "recorder_failed", "fault_cleared", "dock", "undock"), "pre_record"),
    History((*READY, *DOCK_UNDOCK_OFF_ON), "pre_record"),
    History((*READY, "storage_full", *DOCK_UNDOCK_OFF_ON), "pre_record"),
    History(
        (*READY, "recorder_failed", "fault_cleared", "dock", "undock"), "standby", STANDBY_POLICY
    ),
)
