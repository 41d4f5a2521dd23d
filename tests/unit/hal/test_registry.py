"""Finding a driver: every way in which a configuration can be wrong, and what it is told."""

import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest

from hal import driver_table, registry
from hal.driver_table import DriverRow, Library, PartKind
from hal.drivers.clock.virtual import VirtualClock
from hal.drivers.light.mock import MockLight
from hal.errors import DriverOptionError, DriverUnavailableError, DriverUnknownError
from hal.registry import drivers, find, is_available, open_camera, open_clock, open_light, open_part

CLOCK = VirtualClock()


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a row into the table that tests may break."""

    def add(*needs: Library) -> DriverRow:
        target = "hal.drivers.light.mock:MockLight"
        made = DriverRow(PartKind.LIGHT, "odd", "a test's own", target, needs)
        monkeypatch.setattr(registry, "DRIVERS", (*driver_table.DRIVERS, made))
        return made

    return add


def test_a_driver_is_found_by_its_name() -> None:
    light = open_light("mock", clock=CLOCK, options={"label": "red light"})
    assert isinstance(light, MockLight)
    assert light.title == "the mock red light"


def test_an_unknown_name_is_told_the_names_that_exist() -> None:
    with pytest.raises(
        DriverUnknownError, match=r"'webcam'; there are: opencv, file, scene, h264, picamera2$"
    ):
        open_camera("webcam", clock=CLOCK)


def test_an_unknown_part_is_told_the_parts_that_exist() -> None:
    with pytest.raises(DriverUnknownError, match="'kamera'; there are: clock, camera, "):
        open_part("kamera", "scene", clock=CLOCK)


@pytest.mark.parametrize("part", ["camera", "light", "button", "battery", "locator"])
def test_a_planned_driver_is_listed_and_says_that_it_is_planned(part: str) -> None:
    planned = next(row for row in drivers(part) if row.planned)
    with pytest.raises(DriverUnavailableError, match="planned and not written yet"):
        find(part, planned.name)


def test_a_missing_module_names_the_command_that_installs_it(row: Any) -> None:
    made = row(Library("moonstone_bindings"))
    with pytest.raises(DriverUnavailableError, match=r"pip install 'bwv-device\[pi\]'"):
        open_light("odd", clock=CLOCK)
    assert "moonstone_bindings" in str(is_available(made))


def test_a_missing_system_library_names_another_command(
    row: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refusing(), *sys.meta_path])
    sound = next(r for r in drivers("microphone") if r.name == "sounddevice")
    row(*sound.needs)
    with pytest.raises(DriverUnavailableError, match="sudo apt install libportaudio2"):
        open_light("odd", clock=CLOCK)


def test_an_available_driver_has_nothing_to_complain_of() -> None:
    assert is_available(find("camera", "scene")) is None


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"width": 640}, "has no option 'width', did you mean width_px"),
        ({"hight_px": 480}, "did you mean height_px"),
        ({"colour": "red"}, "It has: width_px, height_px, rate_hz, backlog_s"),
        ({"clock": 1}, "has no option 'clock'"),
        ({"width_px": "wide"}, "width_px = 'wide'.*valid integer"),
        ({"rate_hz": None}, "rate_hz = None"),
        ({"width_px": 641}, "even"),
        ({"width_px": 64}, "160x138 or more"),
        ({"rate_hz": 0}, "above 0"),
        ({"rate_hz": -30}, "above 0"),
        ({"backlog_s": 0}, "backlog_s"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, object], told: str) -> None:
    with pytest.raises(DriverOptionError, match=told):
        open_camera("scene", clock=CLOCK, options=options)


def test_an_option_that_is_needed_and_lacking_is_named() -> None:
    with pytest.raises(DriverOptionError, match="needs the option path"):
        open_camera("file", clock=CLOCK)


def test_options_arrive_as_the_types_that_the_driver_declares() -> None:
    options = {"rate_hz": "30000/1001", "width_px": "640", "height_px": 480.0}
    mode = open_camera("scene", clock=CLOCK, options=options).start(0)
    assert (mode.width_px, mode.height_px) == (640, 480)
    assert mode.rate_hz == Fraction(30_000, 1001)


def test_the_options_of_a_driver_can_be_listed() -> None:
    assert registry.options_of(find("locator", "fixed")) == {
        "latitude_deg": "float",
        "longitude_deg": "float",
        "accuracy_m": "float",
    }


def test_a_clock_needs_no_clock() -> None:
    clock = open_clock("virtual", {"monotonic_ns": 17})
    assert clock.monotonic_ns() == 17
    assert open_clock().utc_ns() > 0


def test_finding_drivers_imports_none_of_their_libraries() -> None:
    """A machine without PortAudio or OpenCV still has its other parts."""
    program = (
        "import sys; from hal.registry import *; from hal.drivers.clock.system import SystemClock;"
        "open_light('terminal', clock=SystemClock());"
        "print(sorted({'sounddevice', 'cv2', 'av', 'psutil'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert told.stdout == "[]\n", told.stderr
