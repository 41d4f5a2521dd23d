"""Runs the transition table on `transitions`: which row does an event take?

Who uses it: `machine` only. Guards are asked and the state moves here; what the row asks for
is carried out by the caller, so that no callback does I/O or posts another event.
"""

from functools import partial
from typing import Any

from transitions import EventData, Machine, MachineError

from bwv_device.firmware.events import Event
from bwv_device.firmware.guards import GUARDS
from bwv_device.firmware.memory import Memory
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.states import State
from bwv_device.firmware.table import TABLE, Guard, Row


class TableMachine:
    """The present state. Called by one thread only.

    The machine is not queued: nothing is triggered from inside a callback, and a queued
    trigger would always report success, so a refused event could not be told from a taken one.
    """

    state: State

    def __init__(self, policy: Policy, memory: Memory) -> None:
        self._policy = policy
        self._memory = memory
        self._taken: Row | None = None
        self._machine = Machine(
            model=self,
            states=State,
            initial=State.OFF,
            transitions=[self._transition(row) for row in TABLE],
            auto_transitions=False,
            send_event=True,
        )

    def fire(self, event: Event) -> Row | None:
        """Take the row for `event` and return it; None when there is none that applies."""
        self._taken = None
        rows = self._machine.events.get(event.trigger)
        if rows is None:
            return None
        try:
            rows.trigger(self, event)
        except MachineError:
            return None  # the library's word for: no row has this source
        return self._taken

    def _transition(self, row: Row) -> dict[str, Any]:
        return {
            "trigger": row.trigger.value,
            "source": row.source,
            "dest": row.dest,
            "conditions": [partial(self._holds, guard) for guard in row.guards],
            "after": partial(self._take, row),
        }

    def _holds(self, guard: Guard, data: EventData) -> bool:
        (event,) = data.args
        return GUARDS[guard](event, self._memory, self._policy)

    def _take(self, row: Row, _data: EventData) -> None:
        self._taken = row
