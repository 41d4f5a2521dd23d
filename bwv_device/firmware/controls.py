"""The wearer's one button: edges in, gestures out.

Who uses it: `machine`, and the design page for its table. Sans I/O: no clock is read, time
comes with the edges and with `due`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bwv_device.firmware.debounce import Debouncer
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.policy import Policy, to_ns
from bwv_device.firmware.presses import Gesture, GestureKind, Presses
from hal.interfaces.button import ButtonEdge


@dataclass(frozen=True, slots=True)
class Control:
    """What a gesture asks for, how it is made, and the device that it follows."""

    trigger: Trigger
    rule: str
    follows: str


CONTROLS: Mapping[GestureKind, Control] = {
    GestureKind.DOUBLE_PRESS: Control(
        Trigger.START,
        "two presses, the second less than `double_press_within_s` after the first; the start "
        "is at the second press",
        "Axon Body 2 and 4 help, Operation",
    ),
    GestureKind.HOLD: Control(
        Trigger.STOP,
        "one press that lasts `hold_s`; the stop is when that time is up, held or not after it",
        "Axon Body 2 and 4 help, Operation",
    ),
    GestureKind.SINGLE_PRESS: Control(
        Trigger.BOOKMARK,
        "one press of less than `bookmark_under_s` that no second one follows; the bookmark is "
        "at the press",
        "Axon Body 2 manual p.11; Axis W701 manual p.53",
    ),
}
"""What each gesture means. A gesture that is not here means nothing and is noted."""


class Controls:
    """Recognises gestures. A deadline comes before an edge of the same instant."""

    def __init__(self, policy: Policy) -> None:
        self._debouncer = Debouncer(to_ns(policy.debounce_s))
        self._presses = Presses(policy)

    @property
    def bounces(self) -> int:
        """Edges that were taken for bounce, since the start."""
        return self._debouncer.bounces

    @property
    def unpaired(self) -> int:
        """Edges that repeated the one before, since the start."""
        return self._debouncer.unpaired

    def edge(self, edge: ButtonEdge) -> tuple[Gesture, ...]:
        """The gestures that are complete with `edge`, in order of time."""
        gestures = list(self.due(edge.at_ns))
        clean = self._debouncer.edge(edge)
        if clean and (gesture := self._presses.edge(clean)):
            gestures.append(gesture)
        return tuple(gestures)

    def next_deadline_ns(self) -> int | None:
        """When `due` next has something to do, None when only an edge can change anything."""
        return min((at_ns for at_ns in self._deadlines() if at_ns is not None), default=None)

    def _deadlines(self) -> tuple[int | None, ...]:
        """Of a release, a hold and a single press. While a release is in doubt, so is a hold."""
        hold_ns = None if self._debouncer.settling else self._presses.hold_deadline_ns()
        return (
            self._debouncer.next_deadline_ns(),
            hold_ns,
            self._presses.single_deadline_ns(),
        )

    def due(self, now_ns: int) -> tuple[Gesture, ...]:
        """The gestures whose deadline is not after `now_ns`, in order of time."""
        gestures: list[Gesture] = []
        while (deadline_ns := self.next_deadline_ns()) is not None and deadline_ns <= now_ns:
            if gesture := self._at_deadline(deadline_ns):
                gestures.append(gesture)
        return tuple(gestures)

    def _at_deadline(self, deadline_ns: int) -> Gesture | None:
        release_ns, hold_ns, _ = self._deadlines()
        if release_ns == deadline_ns:
            release = self._debouncer.due(deadline_ns)
            return self._presses.edge(release) if release else None
        return self._presses.hold() if hold_ns == deadline_ns else self._presses.single()

    def settle(self) -> tuple[Gesture, ...]:
        """The finished short press that still waits for a second one, as a single press now."""
        gesture = self._presses.single()
        return (gesture,) if gesture else ()
