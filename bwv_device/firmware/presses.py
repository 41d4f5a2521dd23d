"""Gestures: what a row of clean presses and releases means.

Who uses it: `controls`. The instants of the edges decide, not when they are looked at.
"""

from dataclasses import dataclass
from enum import StrEnum

from bwv_device.firmware.policy import Policy, to_ns
from hal.interfaces.button import ButtonEdge


class GestureKind(StrEnum):
    """What the wearer did with the button."""

    DOUBLE_PRESS = "double_press"
    HOLD = "hold"
    SINGLE_PRESS = "single_press"
    UNCLEAR_PRESS = "unclear_press"
    """Too long for a single press and too short for a hold: means nothing, and is noted."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """`kind` at `at_ns`; its first press was at `began_ns`. Both monotonic.

    `at_ns` is the second press of a double press, the end of the time that a hold takes, and
    the press itself of the others.
    """

    kind: GestureKind
    at_ns: int
    began_ns: int


class Presses:
    """Clean edges in, gestures out. Deadlines come before edges of the same instant."""

    def __init__(self, policy: Policy) -> None:
        self._window_ns = to_ns(policy.double_press_within_s)
        self._hold_ns = to_ns(policy.hold_s)
        self._single_ns = to_ns(policy.bookmark_under_s)
        self._first_ns: int | None = None
        """The newest press that a second one could make a double press of."""
        self._held_ns: int | None = None
        """Since when the button is held, unless that press is spent."""
        self._waiting_ns: int | None = None
        """A finished short press, until it is sure that no second one follows."""

    def edge(self, edge: ButtonEdge) -> Gesture | None:
        """The gesture that `edge` completes."""
        return self._press(edge.at_ns) if edge.pressed else self._release(edge.at_ns)

    def _press(self, at_ns: int) -> Gesture | None:
        first_ns = self._first_ns
        if first_ns is None or at_ns - first_ns >= self._window_ns:
            self._first_ns = self._held_ns = at_ns
            return None
        self._first_ns = self._held_ns = self._waiting_ns = None
        return Gesture(GestureKind.DOUBLE_PRESS, at_ns, first_ns)

    def _release(self, at_ns: int) -> Gesture | None:
        held_ns, self._held_ns = self._held_ns, None
        if held_ns is None:
            return None
        if at_ns - held_ns < self._single_ns:
            self._waiting_ns = held_ns
            return None
        self._first_ns = None
        return Gesture(GestureKind.UNCLEAR_PRESS, held_ns, held_ns)

    def hold_deadline_ns(self) -> int | None:
        """When the press that is held becomes a hold."""
        return None if self._held_ns is None else self._held_ns + self._hold_ns

    def single_deadline_ns(self) -> int | None:
        """When a finished short press becomes a single press."""
        return None if self._waiting_ns is None else self._waiting_ns + self._window_ns

    def hold(self) -> Gesture | None:
        """The press that is held, as a hold; it is spent by that."""
        began_ns, self._held_ns, self._first_ns = self._held_ns, None, None
        if began_ns is None:
            return None
        return Gesture(GestureKind.HOLD, began_ns + self._hold_ns, began_ns)

    def single(self) -> Gesture | None:
        """The finished short press, as a single press.

        `_first_ns` stays: a second press that was delayed on its way still starts a recording.
        """
        at_ns, self._waiting_ns = self._waiting_ns, None
        return None if at_ns is None else Gesture(GestureKind.SINGLE_PRESS, at_ns, at_ns)
