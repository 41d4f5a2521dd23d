"""The conditions that rows of the table name. Who uses it: `table_machine`."""

from collections.abc import Callable, Mapping

from bwv_device.firmware.events import Event
from bwv_device.firmware.memory import Memory
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.states import State
from bwv_device.firmware.table import Guard

GuardTest = Callable[[Event, Memory, Policy], bool]


def _in_dock(_event: Event, memory: Memory, _policy: Policy) -> bool:
    return memory.in_dock


def _fault_stands(_event: Event, memory: Memory, _policy: Policy) -> bool:
    return memory.fault_stands


def _has_pre_record(_event: Event, _memory: Memory, policy: Policy) -> bool:
    return policy.pre_record_s > 0


def _ready_is_pre_record(_event: Event, _memory: Memory, policy: Policy) -> bool:
    return policy.ready_state == State.PRE_RECORD and policy.pre_record_s > 0


def _began_in_recording(event: Event, memory: Memory, _policy: Policy) -> bool:
    """A hold that began before a recording which something else started must not end it."""
    return event.began_ns >= memory.trigger_ns


GUARDS: Mapping[Guard, GuardTest] = {
    Guard.IN_DOCK: _in_dock,
    Guard.FAULT_STANDS: _fault_stands,
    Guard.HAS_PRE_RECORD: _has_pre_record,
    Guard.READY_IS_PRE_RECORD: _ready_is_pre_record,
    Guard.BEGAN_IN_RECORDING: _began_in_recording,
}
