"""The actions that rows of the table name: each makes a command or changes the memory.

Who uses it: `machine`. Nothing here does I/O.
"""

from collections.abc import Callable, Mapping

from bwv_device.firmware.commands import (
    Arm,
    BeginDocking,
    Command,
    Disarm,
    EndDocking,
    MarkBookmark,
    PowerOff,
    StartRecording,
    StopRecording,
)
from bwv_device.firmware.events import Event, Reason, Trigger
from bwv_device.firmware.memory import Memory
from bwv_device.firmware.table import Action

ActionStep = Callable[[Event, Memory], Command | None]

REASONS: Mapping[Trigger, Reason] = {
    Trigger.DOCK: Reason.DOCKED,
    Trigger.RECORDER_FAILED: Reason.FAULT,
    Trigger.STORAGE_FULL: Reason.STORAGE_FULL,
    Trigger.BATTERY_EMPTY: Reason.BATTERY_EMPTY,
    Trigger.POWER_OFF: Reason.SHUTDOWN,
}
"""Why a recording ends when the event itself gives no reason."""


def reason_of(event: Event) -> str:
    """The event's own reason, else that of its trigger, else `Reason.UNKNOWN`."""
    return event.reason or REASONS.get(event.trigger, Reason.UNKNOWN).value


def _start_recording(event: Event, memory: Memory) -> Command:
    memory.trigger_ns = event.at_ns
    return StartRecording(event.at_ns, reason_of(event))


def _stop_recording(event: Event, memory: Memory) -> Command:
    """An event that was overtaken on its way can't end a recording before its trigger."""
    return StopRecording(max(event.at_ns, memory.trigger_ns), reason_of(event))


def _mark_bookmark(event: Event, memory: Memory) -> Command:
    """Two starts may overtake each other: the one that came second marks the trigger."""
    return MarkBookmark(max(event.at_ns, memory.trigger_ns))


def _remember_dock(_event: Event, memory: Memory) -> None:
    memory.in_dock = True


def _forget_dock(_event: Event, memory: Memory) -> None:
    memory.in_dock = False


def _remember_fault(_event: Event, memory: Memory) -> None:
    memory.fault_stands = True


def _forget_fault(_event: Event, memory: Memory) -> None:
    memory.fault_stands = False


def _remember_low_battery(_event: Event, memory: Memory) -> None:
    memory.battery_low = True


def _forget_low_battery(_event: Event, memory: Memory) -> None:
    memory.battery_low = False


ACTIONS: Mapping[Action, ActionStep] = {
    Action.ARM: lambda event, _memory: Arm(event.at_ns),
    Action.DISARM: lambda event, _memory: Disarm(event.at_ns),
    Action.START_RECORDING: _start_recording,
    Action.STOP_RECORDING: _stop_recording,
    Action.MARK_BOOKMARK: _mark_bookmark,
    Action.BEGIN_DOCKING: lambda _event, _memory: BeginDocking(),
    Action.END_DOCKING: lambda _event, _memory: EndDocking(),
    Action.POWER_OFF: lambda _event, _memory: PowerOff(),
    Action.REMEMBER_DOCK: _remember_dock,
    Action.FORGET_DOCK: _forget_dock,
    Action.REMEMBER_FAULT: _remember_fault,
    Action.FORGET_FAULT: _forget_fault,
    Action.REMEMBER_LOW_BATTERY: _remember_low_battery,
    Action.FORGET_LOW_BATTERY: _forget_low_battery,
}
