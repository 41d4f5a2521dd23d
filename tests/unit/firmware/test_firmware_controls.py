"""Gestures at the edges of their times, with bounce, late and lost edges."""

import pytest

from bwv_device.firmware.controls import CONTROLS, Controls
from bwv_device.firmware.debounce import Debouncer
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.presses import Gesture, GestureKind
from hal.interfaces.button import ButtonEdge
from tests.unit.firmware.firmware_drive import MS, S

DOUBLE, HOLD = GestureKind.DOUBLE_PRESS, GestureKind.HOLD
SINGLE, UNCLEAR = GestureKind.SINGLE_PRESS, GestureKind.UNCLEAR_PRESS
T0 = 10 * S
LATER = T0 + 60 * S


def gestures(*edges_ms: float, controls: Controls | None = None) -> list[Gesture]:
    """What presses and releases in turn, in milliseconds after T0, come to in the end."""
    controls = controls or Controls(Policy())
    found: list[Gesture] = []
    for number, at_ms in enumerate(edges_ms):
        found += controls.edge(ButtonEdge(number % 2 == 0, T0 + round(at_ms * MS)))
    return [*found, *controls.due(LATER)]


def gesture(kind: GestureKind, at_ms: float, began_ms: float | None = None) -> Gesture:
    began = at_ms if began_ms is None else began_ms
    return Gesture(kind, T0 + round(at_ms * MS), T0 + round(began * MS))


@pytest.mark.parametrize(
    ("edges_ms", "expected"),
    [
        ((0, 100), [gesture(SINGLE, 0)]),
        ((0, 999.999), [gesture(SINGLE, 0)]),
        ((0, 1000), [gesture(UNCLEAR, 0)]),
        ((0, 2999.999), [gesture(UNCLEAR, 0)]),
        ((0, 3000), [gesture(HOLD, 3000, 0)]),
        ((0, 9000), [gesture(HOLD, 3000, 0)]),
        ((0, 100, 499.999, 600), [gesture(DOUBLE, 499.999, 0)]),
        ((0, 100, 500, 600), [gesture(SINGLE, 0), gesture(SINGLE, 500)]),
        ((0, 100, 200, 5000), [gesture(DOUBLE, 200, 0)]),
        ((0, 100, 200, 300, 400, 450), [gesture(DOUBLE, 200, 0), gesture(SINGLE, 400)]),
        (
            (0, 100, 200, 300, 400, 450, 460, 470),
            [gesture(DOUBLE, 200, 0), gesture(SINGLE, 400)],
        ),
        (
            (0, 100, 200, 300, 400, 450, 480, 490),
            [gesture(DOUBLE, 200, 0), gesture(DOUBLE, 480, 400)],
        ),
        ((0, 100, 200, 300, 400, 3400), [gesture(DOUBLE, 200, 0), gesture(HOLD, 3400, 400)]),
        ((0, 3500, 3600, 3700), [gesture(HOLD, 3000, 0), gesture(SINGLE, 3600)]),
        ((0, 10), [gesture(SINGLE, 0)]),
    ],
)
def test_a_gesture_is_told_by_its_instants(
    edges_ms: tuple[float, ...], expected: list[Gesture]
) -> None:
    assert gestures(*edges_ms) == expected


def test_a_double_press_is_known_at_its_second_press_without_waiting() -> None:
    controls = Controls(Policy())
    for pressed, at_ms in ((True, 0), (False, 100)):
        assert controls.edge(ButtonEdge(pressed, T0 + at_ms * MS)) == ()
    second = controls.edge(ButtonEdge(True, T0 + 300 * MS))
    assert second == (gesture(DOUBLE, 300, 0),)


def test_a_button_held_at_the_second_press_stops_nothing() -> None:
    assert gestures(0, 100, 200) == [gesture(DOUBLE, 200, 0)]


def test_a_button_that_is_never_let_go_is_one_hold() -> None:
    assert gestures(0) == [gesture(HOLD, 3000, 0)]


def test_a_hold_is_at_its_deadline_however_late_it_is_looked_at() -> None:
    controls = Controls(Policy())
    controls.edge(ButtonEdge(True, T0))
    assert controls.next_deadline_ns() == T0 + 3 * S
    assert controls.due(T0 + 3 * S - 1) == ()
    assert controls.due(T0 + 30 * S) == (gesture(HOLD, 3000, 0),)
    assert controls.next_deadline_ns() is None


def test_a_release_at_the_deadline_of_a_hold_comes_too_late() -> None:
    assert gestures(0, 3000) == [gesture(HOLD, 3000, 0)]


def test_a_release_just_before_the_deadline_is_no_hold_although_it_still_settles() -> None:
    controls = Controls(Policy())
    controls.edge(ButtonEdge(True, T0))
    controls.edge(ButtonEdge(False, T0 + 2995 * MS))
    assert controls.next_deadline_ns() == T0 + 3015 * MS
    assert controls.due(T0 + 3005 * MS) == ()
    assert controls.due(T0 + 3015 * MS) == (gesture(UNCLEAR, 0),)


def test_a_short_loss_of_contact_does_not_break_a_hold() -> None:
    controls = Controls(Policy())
    assert gestures(0, 300, 305, 9000, controls=controls) == [gesture(HOLD, 3000, 0)]
    assert controls.bounces == 2


def test_a_loss_of_contact_across_the_deadline_delays_the_hold_and_keeps_its_instant() -> None:
    controls = Controls(Policy())
    controls.edge(ButtonEdge(True, T0))
    controls.edge(ButtonEdge(False, T0 + 2995 * MS))
    assert controls.edge(ButtonEdge(True, T0 + 3005 * MS)) == ()
    assert controls.due(T0 + 3005 * MS) == (gesture(HOLD, 3000, 0),)


def test_bounce_on_the_way_down_and_up_is_counted_and_makes_no_second_press() -> None:
    controls = Controls(Policy())
    found = gestures(0, 1, 2, 3, 4, 100, 101, 102, 103, 104, controls=controls)
    assert found == [gesture(SINGLE, 0)]
    assert controls.bounces == 8


@pytest.mark.parametrize(("gap_ms", "second"), [(19.999, False), (20, True)])
def test_presses_closer_than_the_debounce_time_are_one(gap_ms: float, second: bool) -> None:
    found = gestures(0, 100, 100 + gap_ms, 200)
    assert [g.kind for g in found] == ([DOUBLE] if second else [SINGLE])


def test_a_release_counts_when_it_has_lasted_and_not_before() -> None:
    debouncer = Debouncer(20 * MS)
    assert debouncer.edge(ButtonEdge(True, T0)) == ButtonEdge(True, T0)
    assert debouncer.due(LATER) is None
    assert debouncer.edge(ButtonEdge(False, T0 + 1 * S)) is None
    assert debouncer.due(T0 + 1 * S + 20 * MS - 1) is None
    assert debouncer.due(T0 + 1 * S + 20 * MS) == ButtonEdge(False, T0 + 1 * S)
    assert debouncer.due(LATER) is None


def test_without_a_debounce_time_every_edge_counts() -> None:
    controls = Controls(Policy(debounce_s=0))
    assert gestures(0, 1, 2, 3, controls=controls) == [gesture(DOUBLE, 2, 0)]
    assert controls.bounces == 0


def test_an_edge_that_repeats_the_one_before_is_counted_and_changes_nothing() -> None:
    controls = Controls(Policy())
    assert controls.edge(ButtonEdge(False, T0)) == ()
    assert controls.edge(ButtonEdge(True, T0 + 1 * S)) == ()
    assert controls.edge(ButtonEdge(True, T0 + 2 * S)) == ()
    assert controls.due(LATER) == (gesture(HOLD, 4000, 1000),)
    assert controls.unpaired == 2


def test_a_second_press_that_was_delayed_on_its_way_still_starts() -> None:
    controls = Controls(Policy())
    controls.edge(ButtonEdge(True, T0))
    controls.edge(ButtonEdge(False, T0 + 100 * MS))
    assert controls.due(T0 + 600 * MS) == (gesture(SINGLE, 0),)
    assert controls.edge(ButtonEdge(True, T0 + 450 * MS)) == (gesture(DOUBLE, 450, 0),)


def test_a_short_press_that_outlasts_the_window_is_a_single_press_when_it_is_let_go() -> None:
    controls = Controls(Policy())
    controls.edge(ButtonEdge(True, T0))
    controls.edge(ButtonEdge(False, T0 + 700 * MS))
    assert controls.next_deadline_ns() == T0 + 720 * MS
    assert controls.due(T0 + 720 * MS) == (gesture(SINGLE, 0),)


def test_settling_gives_the_waiting_press_once() -> None:
    controls = Controls(Policy())
    controls.edge(ButtonEdge(True, T0))
    controls.edge(ButtonEdge(False, T0 + 100 * MS))
    controls.due(T0 + 120 * MS)
    assert controls.settle() == (gesture(SINGLE, 0),)
    assert controls.settle() == ()
    assert controls.due(LATER) == ()


def test_the_times_come_from_the_policy() -> None:
    controls = Controls(Policy(double_press_within_s=0.2, hold_s=2, bookmark_under_s=0.4))
    found = gestures(0, 100, 300, 3000, 3100, 3450, 4000, 4500, controls=controls)
    assert found == [
        gesture(SINGLE, 0),
        gesture(HOLD, 2300, 300),
        gesture(SINGLE, 3100),
        gesture(UNCLEAR, 4000),
    ]


def test_each_gesture_asks_for_what_the_wearer_means_by_it() -> None:
    assert {kind: control.trigger for kind, control in CONTROLS.items()} == {
        DOUBLE: Trigger.START,
        HOLD: Trigger.STOP,
        SINGLE: Trigger.BOOKMARK,
    }
    assert all(control.rule and control.follows for control in CONTROLS.values())
