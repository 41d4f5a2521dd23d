"""The mocks: their histories, and the rules of hardware that they obey."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hal.drivers import history
from hal.drivers.battery.fixed import FixedBattery
from hal.drivers.battery.psutil import PsutilBattery
from hal.drivers.button.mock import MockButton
from hal.drivers.clock.virtual import VirtualClock
from hal.drivers.display.mock import MockDisplay
from hal.drivers.dock_contact.mock import MockDockContact
from hal.drivers.haptic.mock import MockHaptic
from hal.drivers.history import History, Told
from hal.drivers.light.mock import MockLight
from hal.drivers.sounder.recorder import Played, RecorderSounder
from hal.drivers.storage_space.mock import MockSpace
from hal.errors import DeviceClosedError, DeviceLostError, DriverOptionError
from hal.interfaces.button import ButtonEdge
from hal.interfaces.display import Screen
from hal.interfaces.haptic import Pulse
from hal.interfaces.light import DARK, LightPattern
from hal.interfaces.sounder import Beep

BEEP = Beep(1000, 0.2, 0.1)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(monotonic_ns=100)


def test_a_light_keeps_what_it_showed_and_goes_dark_when_closed(clock: VirtualClock) -> None:
    light = MockLight(clock)
    assert light.showing == DARK
    light.show(LightPattern("red"))
    clock.advance_ns(50)
    light.show(LightPattern("red"))
    assert light.history.entries == (
        Told(100, LightPattern("red")),
        Told(150, LightPattern("red")),
    )
    assert light.showing.lit
    light.close()
    assert light.showing == DARK
    assert len(light.history.values) == 2


def test_a_refused_colour_leaves_no_trace(clock: VirtualClock) -> None:
    light = MockLight(clock, colours=("red",))
    with pytest.raises(DriverOptionError):
        light.show(LightPattern("green"))
    assert light.history.entries == ()


def test_a_light_without_colours_is_refused(clock: VirtualClock) -> None:
    with pytest.raises(DriverOptionError, match="colours"):
        MockLight(clock, colours=())


def test_beeps_are_heard_one_after_another(clock: VirtualClock) -> None:
    sounder = RecorderSounder(clock)
    sounder.play((BEEP, BEEP))
    sounder.play(())
    sounder.play((BEEP,))
    clock.advance_s(5)
    sounder.play((BEEP,))
    assert [(each.begin_ns, each.end_ns) for each in sounder.history.values] == [
        (100, 600_000_100),
        (600_000_100, 900_000_100),
        (5_000_000_100, 5_300_000_100),
    ]
    assert isinstance(sounder.history.newest, Played)


def test_haptic_and_display_keep_what_they_were_told(clock: VirtualClock) -> None:
    haptic, display = MockHaptic(clock), MockDisplay(clock)
    haptic.play((Pulse(0.1, 0.1),))
    display.show(Screen("STANDBY"))
    assert haptic.history.values == ((Pulse(0.1, 0.1),),)
    assert display.showing == Screen("STANDBY")
    display.close()
    assert display.showing == Screen("")


def test_a_long_history_forgets_its_beginning_and_says_how_much(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "KEPT", 3)
    kept: History[int] = History(clock)
    for value in range(5):
        kept.add(value)
    assert kept.values == (2, 3, 4)
    assert kept.forgotten == 2


def test_a_history_loses_nothing_between_threads(clock: VirtualClock) -> None:
    kept: History[int] = History(clock)
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(lambda start: [kept.add(start + n) for n in range(500)], (0, 500, 1000, 1500))
        )
    assert sorted(kept.values) == list(range(2000))


def pressed_button(clock: VirtualClock) -> tuple[MockButton, list[ButtonEdge]]:
    button, edges = MockButton(clock), []
    button.start(edges.append)
    return button, edges


def test_a_button_is_pressed_at_the_instants_that_it_is_told(clock: VirtualClock) -> None:
    button, edges = pressed_button(clock)
    button.press()
    clock.advance_ns(7)
    button.release()
    button.press(at_ns=500)
    button.release(at_ns=500)
    assert [(edge.pressed, edge.at_ns) for edge in edges] == [
        (True, 100),
        (False, 107),
        (True, 500),
        (False, 500),
    ]


def test_a_button_that_is_down_can_not_be_pressed(clock: VirtualClock) -> None:
    button, edges = pressed_button(clock)
    with pytest.raises(DriverOptionError, match="up already"):
        button.release()
    button.press()
    with pytest.raises(DriverOptionError, match="down already"):
        button.press()
    assert len(edges) == 1


def test_edges_do_not_go_back_in_time(clock: VirtualClock) -> None:
    button, edges = pressed_button(clock)
    button.press(at_ns=1000)
    with pytest.raises(DriverOptionError, match="1000 or later"):
        button.release(at_ns=999)
    button.release(at_ns=1000)
    assert len(edges) == 2


def test_helpers_stamp_their_edges_as_if_time_had_passed(clock: VirtualClock) -> None:
    button, edges = pressed_button(clock)
    end_ns = button.double_click(at_ns=0)
    assert [edge.at_ns for edge in edges] == [0, 100_000_000, 250_000_000, 350_000_000]
    assert end_ns == 350_000_000
    assert button.hold(3.0, at_ns=10**9) == 4 * 10**9


def test_a_press_that_nobody_hears_is_an_error_and_not_lost(clock: VirtualClock) -> None:
    button = MockButton(clock)
    with pytest.raises(DeviceClosedError, match="start"):
        button.press()
    button.start(print)
    button.close()
    with pytest.raises(DeviceClosedError):
        button.press()


def test_docking_twice_is_one_change() -> None:
    contact, told = MockDockContact(), []
    contact.start(told.append)
    for act in (contact.dock, contact.dock, contact.undock, contact.undock):
        act()
    assert told == [False, True, False]
    contact.close()
    with pytest.raises(DeviceClosedError):
        contact.dock()


def test_a_card_fills_is_lost_and_comes_back() -> None:
    card = MockSpace(total_bytes=100, free_bytes=50)
    card.set_free(0)
    assert card.read(Path()).free_bytes == 0
    card.lose()
    with pytest.raises(DeviceLostError, match="card is gone"):
        card.read(Path())
    card.set_free(100)
    assert card.read(Path()).free_bytes == 100
    with pytest.raises(DriverOptionError, match="from 0 to 100"):
        card.set_free(101)


@pytest.mark.parametrize("wrong", [{"charge": 1.1}, {"charge": -0.1}, {"left_s": -1}])
def test_a_battery_that_can_not_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(DriverOptionError):
        FixedBattery(**wrong)


def test_a_battery_runs_down_as_it_is_told() -> None:
    battery = FixedBattery()
    battery.set(charge=0.1, left_s=600)
    assert (battery.read().charge, battery.read().left_s) == (0.1, 600)
    battery.set(charge=0.2, charging=True, left_s=600)
    assert battery.read().left_s is None


@pytest.mark.parametrize("gauge", [None, OSError("I/O")])
def test_a_machine_without_a_gauge_names_the_other_driver(
    gauge: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sensors_battery() -> object:
        if isinstance(gauge, Exception):
            raise gauge
        return gauge

    monkeypatch.setattr("psutil.sensors_battery", sensors_battery, raising=False)
    with pytest.raises(DeviceLostError, match="gauge"):
        PsutilBattery().read()
