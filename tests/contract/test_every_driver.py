"""That no driver escapes the contracts: each row of the table is made and closed here."""

from pathlib import Path
from typing import Any

import pytest

from hal.driver_table import DRIVERS, DriverRow, PartKind
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceClosedError, DriverUnavailableError
from hal.interfaces.light import DARK
from hal.registry import is_available, open_part
from tests.needs import need

NEEDED_OPTIONS: dict[str, dict[str, object]] = {
    "camera file": {"path": "clip.mp4"},
    "microphone file": {"path": "clip.mp4"},
    "locator fixed": {"latitude_deg": 1, "longitude_deg": 2},
    "dock_contact file": {"path": "flag"},
}
USES: dict[PartKind, Any] = {
    PartKind.CAMERA: lambda part: part.read(0),
    PartKind.MICROPHONE: lambda part: part.read(0),
    PartKind.LIGHT: lambda part: part.show(DARK),
    PartKind.SOUNDER: lambda part: part.play(()),
    PartKind.HAPTIC: lambda part: part.play(()),
    PartKind.BUTTON: lambda part: part.start(print),
    PartKind.DISPLAY: lambda part: part.show(None),
    PartKind.BATTERY: lambda part: part.read(),
    PartKind.LOCATOR: lambda part: part.read(),
    PartKind.DOCK_CONTACT: lambda part: part.start(print),
    PartKind.STORAGE_SPACE: lambda part: part.read(Path()),
    PartKind.MEMORY: lambda part: part.read(),
}
DONE = [row for row in DRIVERS if not row.planned and row.part is not PartKind.CLOCK]
PLANNED = [row for row in DRIVERS if row.planned]
SUITES = "\n".join(
    path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("test_*_contract.py"))
)


def title(row: DriverRow) -> str:
    return f"{row.part} {row.name}"


def made(row: DriverRow) -> Any:
    if any(library.module == "sounddevice" for library in row.needs):
        need("portaudio")
    options = NEEDED_OPTIONS.get(title(row), {})
    return open_part(row.part, row.name, clock=VirtualClock(), options=options)


@pytest.mark.parametrize("row", DONE, ids=title)
def test_making_a_driver_opens_nothing_and_a_closed_one_refuses(row: DriverRow) -> None:
    part = made(row)
    part.close()
    part.close()
    with pytest.raises(DeviceClosedError, match=row.name):
        USES[row.part](part)


@pytest.mark.parametrize("row", DONE, ids=title)
def test_every_driver_is_named_in_a_contract_suite(row: DriverRow) -> None:
    assert f'"{row.name}"' in SUITES


@pytest.mark.parametrize("row", PLANNED, ids=title)
def test_a_planned_driver_says_so(row: DriverRow) -> None:
    assert "planned" in str(is_available(row))
    with pytest.raises(DriverUnavailableError, match="planned"):
        open_part(row.part, row.name, clock=VirtualClock())


def test_no_two_drivers_of_a_part_have_one_name() -> None:
    assert len({title(row) for row in DRIVERS}) == len(DRIVERS)


def test_every_part_has_a_driver() -> None:
    assert {row.part for row in DRIVERS if not row.planned} == set(PartKind)


@pytest.mark.parametrize("row", DRIVERS, ids=title)
def test_every_driver_is_in_the_design_page_as_what_it_is(row: DriverRow) -> None:
    page = (Path(__file__).parents[2] / "docs/design/hardware-layer.md").read_text("utf-8")
    state = "planned" if row.planned else "done"
    lines = [line for line in page.splitlines() if line.endswith(f"| {state} |")]
    assert any(f"| `{row.name}` | {row.summary} |" in line for line in lines)
