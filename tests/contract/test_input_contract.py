"""What every button and every dock contact has to do, over all their drivers."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hal.drivers.button.mock import MockButton
from hal.drivers.clock.virtual import VirtualClock
from hal.drivers.dock_contact.mock import MockDockContact
from hal.drivers.lifecycle import InputDriver
from hal.errors import DeviceClosedError, DeviceStartedError, NotAnOutputError
from hal.interfaces.button import Button, ButtonEdge
from hal.interfaces.dock_contact import DockContact
from hal.registry import open_button, open_dock_contact

HELD_S = 3.2


@dataclass
class Heard:
    """Keeps what an input reported; a test can wait for it."""

    values: list[object] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, value: object) -> None:
        with self.changed:
            self.values.append(value)
            self.changed.notify_all()

    def until(self, count: int, clock: VirtualClock) -> list[object]:
        """What was heard, once it is `count` things; virtual time goes on meanwhile."""
        for _ in range(2000):
            with self.changed:
                if self.changed.wait_for(lambda: len(self.values) >= count, 0.005):
                    return self.values
            clock.advance_s(0.01)
        raise AssertionError(f"heard {self.values}, waited for {count}")


@dataclass
class ButtonBench:
    """A button and a hand that presses it."""

    button: Button
    clock: VirtualClock
    click: Callable[[], object]
    hold: Callable[[], object]


@dataclass
class DockBench:
    """A contact and a hand that docks the camera."""

    contact: DockContact
    clock: VirtualClock
    dock: Callable[[], object]
    undock: Callable[[], object]


@pytest.fixture(params=["mock", "keyboard"])
def button(request: pytest.FixtureRequest) -> Iterator[ButtonBench]:
    clock = VirtualClock()
    if request.param == "mock":
        mock = open_button("mock", clock=clock)
        assert isinstance(mock, MockButton)
        yield ButtonBench(mock, clock, mock.click, lambda: mock.hold(HELD_S))
        mock.close()
        return
    hand, terminal = os.openpty()
    keyboard = open_button("keyboard", clock=clock, options={"device": os.ttyname(terminal)})
    yield ButtonBench(keyboard, clock, lambda: os.write(hand, b" "), lambda: os.write(hand, b"s"))
    keyboard.close()
    os.close(hand)
    os.close(terminal)


@pytest.fixture(params=["mock", "file"])
def dock(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DockBench]:
    clock = VirtualClock()
    flag = tmp_path / "docked"
    if request.param == "mock":
        mock = open_dock_contact("mock", clock=clock)
        assert isinstance(mock, MockDockContact)
        yield DockBench(mock, clock, mock.dock, mock.undock)
        mock.close()
        return
    contact = open_dock_contact("file", clock=clock, options={"path": str(flag)})
    yield DockBench(contact, clock, flag.touch, flag.unlink)
    contact.close()


def edges_of(heard: list[object]) -> list[ButtonEdge]:
    assert all(isinstance(value, ButtonEdge) for value in heard)
    return [value for value in heard if isinstance(value, ButtonEdge)]


def test_two_clicks_are_four_alternating_edges_in_order_of_time(button: ButtonBench) -> None:
    heard = Heard()
    button.button.start(heard)
    button.click()
    heard.until(2, button.clock)
    button.clock.advance_s(0.2)
    button.click()
    edges = edges_of(heard.until(4, button.clock))
    assert [edge.pressed for edge in edges] == [True, False, True, False]
    times = [edge.at_ns for edge in edges]
    assert times == sorted(times)
    assert times[3] - times[0] < 1_000_000_000


def test_a_hold_lasts_longer_than_three_seconds(button: ButtonBench) -> None:
    heard = Heard()
    button.button.start(heard)
    button.hold()
    down, up = edges_of(heard.until(2, button.clock))
    assert (down.pressed, up.pressed) == (True, False)
    assert up.at_ns - down.at_ns >= 3_200_000_000


def test_a_button_can_not_be_driven(button: ButtonBench) -> None:
    assert isinstance(button.button, InputDriver)
    with pytest.raises(NotAnOutputError):
        button.button.drive(True)


def test_a_closed_button_is_silent_and_does_not_start_again(button: ButtonBench) -> None:
    heard = Heard()
    button.button.start(heard)
    button.button.close()
    button.button.close()
    with pytest.raises(DeviceClosedError):
        button.button.start(heard)
    assert heard.values == []


def test_a_second_start_is_refused(button: ButtonBench) -> None:
    button.button.start(Heard())
    with pytest.raises(DeviceStartedError):
        button.button.start(Heard())


def test_a_contact_first_tells_how_it_is_then_each_change(dock: DockBench) -> None:
    heard = Heard()
    dock.contact.start(heard)
    assert heard.until(1, dock.clock) == [False]
    dock.dock()
    assert heard.until(2, dock.clock) == [False, True]
    dock.undock()
    assert heard.until(3, dock.clock) == [False, True, False]


def test_a_camera_that_starts_in_the_dock_knows_it(dock: DockBench) -> None:
    heard = Heard()
    dock.dock()
    dock.contact.start(heard)
    assert heard.until(1, dock.clock) == [True]


def test_a_contact_can_not_be_driven(dock: DockBench) -> None:
    assert isinstance(dock.contact, InputDriver)
    with pytest.raises(NotAnOutputError):
        dock.contact.drive(True)


def test_a_closed_contact_is_silent_and_does_not_start_again(dock: DockBench) -> None:
    heard = Heard()
    dock.contact.start(heard)
    heard.until(1, dock.clock)
    dock.contact.close()
    dock.contact.close()
    with pytest.raises(DeviceClosedError):
        dock.contact.start(heard)
    dock.clock.advance_s(10)
    assert heard.values == [False]
