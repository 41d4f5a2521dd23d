"""What every light, sounder, vibration motor and screen has to do, over all their drivers."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from hal.drivers.clock.virtual import VirtualClock
from hal.drivers.sounder.sounddevice import SounddeviceSounder
from hal.errors import DeviceClosedError, DeviceLostError, DriverOptionError
from hal.interfaces.display import Display, Screen
from hal.interfaces.haptic import Haptic, Pulse
from hal.interfaces.light import DARK, Light, LightPattern
from hal.interfaces.sounder import Beep, Sounder
from hal.registry import open_display, open_haptic, open_light, open_sounder
from tests.contract.fake_portaudio import FakeOutput
from tests.needs import need

CLOCK = VirtualClock()
RED = LightPattern("red")
BEEP = Beep(1000, 0.1, 0.1)
PULSE = Pulse(0.2, 0.1)
SCREEN = Screen("RECORDING", ("officer 4711",))


@pytest.fixture(params=["mock", "terminal"])
def light(request: pytest.FixtureRequest) -> Iterator[Light]:
    part = open_light(request.param, clock=CLOCK, options={"colours": ["red", "green"]})
    yield part
    part.close()


@pytest.fixture(params=["recorder", "terminal", "sounddevice"])
def sounder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sounder]:
    clock = VirtualClock()
    if request.param == "sounddevice":
        need("portaudio")
        monkeypatch.setattr("sounddevice.OutputStream", lambda **options: Hurried(clock, options))
    part = open_sounder(request.param, clock=clock)
    yield part
    part.close()


class Hurried(FakeOutput):
    """Three seconds go by whenever the driver looks at it, so that what it plays is heard to
    its end before the driver waits for that."""

    @property
    def active(self) -> bool:
        self.clock.advance_s(3)
        return super().active


@pytest.fixture(params=["mock", "terminal"])
def haptic(request: pytest.FixtureRequest) -> Iterator[Haptic]:
    part = open_haptic(request.param, clock=CLOCK)
    yield part
    part.close()


@pytest.fixture(params=["mock", "terminal"])
def display(request: pytest.FixtureRequest) -> Iterator[Display]:
    part = open_display(request.param, clock=CLOCK)
    yield part
    part.close()


def noticed(part: Any, capsys: pytest.CaptureFixture[str]) -> str:
    """What a person, or a test, can notice of the last call: the newest entry of a mock's
    history, or what stands in the terminal; empty for a part that only makes a sound."""
    history = getattr(part, "history", None)
    return capsys.readouterr().err if history is None else str(history.newest)


@pytest.mark.parametrize(
    "pattern", [RED, LightPattern("green", 0.5, 0.5), DARK, LightPattern("off", 1.0)]
)
def test_a_light_shows_what_it_has(
    light: Light, pattern: LightPattern, capsys: pytest.CaptureFixture[str]
) -> None:
    light.show(pattern)
    light.show(pattern)
    assert pattern.colour in noticed(light, capsys)


@pytest.mark.parametrize("colour", ["blue", "", "RED", "red "])
def test_a_light_refuses_a_colour_that_it_lacks(light: Light, colour: str) -> None:
    with pytest.raises(DriverOptionError, match="it has: green, off, red"):
        light.show(LightPattern(colour))


@pytest.mark.parametrize(("on_s", "off_s"), [(-1, 0), (0, 1), (1, -1), (float("nan"), 0)])
def test_a_light_refuses_to_blink_backwards(light: Light, on_s: float, off_s: float) -> None:
    with pytest.raises(DriverOptionError):
        light.show(LightPattern("red", on_s, off_s))


def test_a_closed_light_refuses(light: Light) -> None:
    light.show(RED)
    light.close()
    light.close()
    with pytest.raises(DeviceClosedError):
        light.show(RED)


def test_a_sounder_takes_patterns_and_silence(
    sounder: Sounder, capsys: pytest.CaptureFixture[str]
) -> None:
    sounder.play((BEEP, BEEP))
    sounder.play(())
    heard = noticed(sounder, capsys)
    sounder.play((Beep(440, 1.0, 0),))
    if not isinstance(sounder, SounddeviceSounder):  # what that one plays is in its own tests
        assert "beep beep" in heard or heard.count("Beep(") == 2
        assert "440" in (last := noticed(sounder, capsys)) or "beeeep" in last


@pytest.mark.parametrize(
    "beep", [Beep(0, 0.1, 0.1), Beep(-5, 0.1, 0.1), Beep(1000, 0, 0.1), Beep(1000, 0.1, -1)]
)
def test_a_sounder_refuses_what_nobody_hears(sounder: Sounder, beep: Beep) -> None:
    with pytest.raises(DriverOptionError):
        sounder.play((BEEP, beep))


def test_a_closed_sounder_refuses(sounder: Sounder) -> None:
    sounder.play((BEEP,))
    sounder.close()
    sounder.close()
    with pytest.raises(DeviceClosedError):
        sounder.play((BEEP,))


def test_a_haptic_takes_patterns_and_rest(
    haptic: Haptic, capsys: pytest.CaptureFixture[str]
) -> None:
    haptic.play((PULSE, PULSE))
    haptic.play(())
    felt = noticed(haptic, capsys)
    assert "buzz buzz" in felt or felt.count("Pulse(") == 2


@pytest.mark.parametrize("pulse", [Pulse(0, 0.1), Pulse(-1, 0.1), Pulse(0.1, -0.1)])
def test_a_haptic_refuses_what_nobody_feels(haptic: Haptic, pulse: Pulse) -> None:
    with pytest.raises(DriverOptionError):
        haptic.play((pulse,))


def test_a_closed_haptic_refuses(haptic: Haptic) -> None:
    haptic.close()
    haptic.close()
    with pytest.raises(DeviceClosedError):
        haptic.play((PULSE,))


@pytest.mark.parametrize("screen", [SCREEN, Screen(""), Screen("🚔" * 200, ("x" * 10_000,))])
def test_a_display_shows_any_screen(
    display: Display, screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    display.show(screen)
    seen = noticed(display, capsys)
    assert screen.heading in seen and all(line[:20] in seen for line in screen.lines)


def test_a_closed_display_refuses(display: Display) -> None:
    display.close()
    display.close()
    with pytest.raises(DeviceClosedError):
        display.show(SCREEN)


@pytest.mark.parametrize(
    ("open_it", "shown", "line"),
    [
        (open_light, RED, "light: red"),
        (open_light, LightPattern("green", 0.5, 1), "light: green blinking 0.5/1 s"),
        (open_display, SCREEN, "display: [RECORDING] | officer 4711"),
    ],
)
def test_a_terminal_writes_states_to_standard_error_and_only_at_changes(
    open_it: Any, shown: object, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    part = open_it("terminal", clock=VirtualClock(utc_ns=1_234_500_000_000))
    part.show(shown)
    part.show(shown)
    assert capsys.readouterr() == ("", f"00:20:34.5Z {line}\n")


@pytest.mark.parametrize(
    ("open_it", "played", "line"),
    [
        (open_sounder, (BEEP, BEEP, Beep(440, 0.8, 0)), "sounder: beep beep beeeep"),
        (open_haptic, (PULSE, Pulse(0.6, 0)), "haptic: buzz buzzzz"),
    ],
)
def test_a_terminal_writes_each_pattern_to_standard_error(
    open_it: Any, played: object, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    part = open_it("terminal", clock=VirtualClock(utc_ns=1_234_500_000_000))
    part.play(played)
    part.play(())
    assert capsys.readouterr() == ("", f"00:20:34.5Z {line}\n")


def test_a_name_that_would_steer_the_terminal_is_shown_harmless(
    capsys: pytest.CaptureFixture[str],
) -> None:
    display = open_display("terminal", clock=VirtualClock(utc_ns=0))
    display.show(Screen("\x1b[2J\x07", ("a\nb\r\x00", "O'Brien 🚔")))
    assert capsys.readouterr().err == "00:00:00.0Z display: [?[2J?] | a?b?? | O'Brien 🚔\n"


@pytest.mark.parametrize(("part", "told"), [(open_light, RED), (open_display, SCREEN)])
def test_a_terminal_that_has_gone_is_a_lost_device(
    part: Any, told: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    terminal = part("terminal", clock=VirtualClock())
    with open(writer, "w", closefd=False) as broken:
        monkeypatch.setattr("sys.stderr", broken)
        with pytest.raises(DeviceLostError, match="standard error has gone"):
            terminal.show(told)
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), writer)
    os.close(writer)
