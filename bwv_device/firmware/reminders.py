"""What repeats as long as a state lasts: the recording reminder, the fault alarm.

Who uses it: `machine`; the design page for its table. Sans I/O. Warnings that do not hang on
the state alone (low battery, clock not set, sleep) will stand beside these.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bwv_device.firmware.indications import Moment
from bwv_device.firmware.policy import Policy, to_ns
from bwv_device.firmware.states import State


@dataclass(frozen=True, slots=True)
class Reminder:
    """`moment` plays each time that the policy's figure `interval` (seconds) has passed."""

    moment: Moment
    interval: str
    follows: str

    def interval_ns(self, policy: Policy) -> int:
        """Nanoseconds between two; 0 when this policy wants none."""
        return to_ns(getattr(policy, self.interval))


REMINDERS: Mapping[State, Reminder] = {
    State.RECORDING: Reminder(
        Moment.REMINDER, "reminder_interval_s", "Axon Body 2, 4 and Flex 2 manuals"
    ),
    State.FAULT: Reminder(Moment.FAULT, "fault_interval_s", "Axon Body 2 manual p.16"),
}


class Reminders:
    """The reminder of the present state and when it is due next."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._reminder: Reminder | None = None
        self._next_ns: int | None = None

    def enter(self, state: State, at_ns: int) -> None:
        """Count from `at_ns`, the instant at which `state` was entered."""
        self._reminder = REMINDERS.get(state)
        interval_ns = self._reminder.interval_ns(self._policy) if self._reminder else 0
        self._next_ns = at_ns + interval_ns if interval_ns else None

    def next_deadline_ns(self) -> int | None:
        """When the next one plays, None when none does."""
        return self._next_ns

    def due(self, now_ns: int) -> Moment | None:
        """The moment that plays if its time has come by `now_ns`; one for each call."""
        if self._reminder is None or self._next_ns is None or self._next_ns > now_ns:
            return None
        self._next_ns += self._reminder.interval_ns(self._policy)
        return self._reminder.moment
