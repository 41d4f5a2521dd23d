"""What repeats: the recording reminder, the fault alarm, the warning of a low battery.

Who uses it: `machine`; the design page for its table. Sans I/O. Other warnings that do not hang
on the state alone (clock not set, sleep) will stand beside that of the battery.
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

LOW_BATTERY = Reminder(
    Moment.LOW_BATTERY, "low_battery_interval_s", "Axon Body 2 manual p.16 (low battery)"
)
QUIET = frozenset({State.OFF, State.DOCKED, State.SHUTTING_DOWN})
"""Where nobody is warned of a low battery again: nobody wears the camera, or it goes off."""


class _Repeat:
    """One reminder, or none, and when it is due next."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.reminder: Reminder | None = None
        self.next_ns: int | None = None

    def begin(self, reminder: Reminder | None, at_ns: int) -> None:
        """Count from `at_ns`."""
        interval_ns = reminder.interval_ns(self._policy) if reminder else 0
        self.reminder = reminder
        self.next_ns = at_ns + interval_ns if interval_ns else None

    def due(self, now_ns: int) -> Moment | None:
        if self.reminder is None or self.next_ns is None or self.next_ns > now_ns:
            return None
        self.next_ns += self.reminder.interval_ns(self._policy)
        return self.reminder.moment


class Reminders:
    """The reminder of the present state and that of the battery, and when each is due next."""

    def __init__(self, policy: Policy) -> None:
        self._state, self._battery = _Repeat(policy), _Repeat(policy)

    def enter(self, state: State, at_ns: int) -> None:
        """Count from `at_ns`, the instant at which `state` was entered."""
        self._state.begin(REMINDERS.get(state), at_ns)

    def battery(self, state: State, *, is_low: bool, at_ns: int) -> None:
        """How the battery is in `state`; counts from `at_ns` when the warning begins."""
        wanted = LOW_BATTERY if is_low and state not in QUIET else None
        if wanted is not self._battery.reminder:
            self._battery.begin(wanted, at_ns)

    def next_deadline_ns(self) -> int | None:
        """When the next one plays, None when none does."""
        deadlines = (self._state.next_ns, self._battery.next_ns)
        return min((at_ns for at_ns in deadlines if at_ns is not None), default=None)

    def due(self, now_ns: int) -> Moment | None:
        """The moment that plays if its time has come by `now_ns`; one for each call, in order
        of time when each is asked for at its own deadline."""
        return self._state.due(now_ns) or self._battery.due(now_ns)
