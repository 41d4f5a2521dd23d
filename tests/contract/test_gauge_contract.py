"""What every battery, locator and space gauge has to do, over all their drivers."""

from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceClosedError, DeviceLostError
from hal.interfaces.battery import Battery
from hal.interfaces.locator import Locator
from hal.interfaces.memory import Memory
from hal.interfaces.storage_space import StorageSpace
from hal.registry import open_battery, open_locator, open_memory, open_storage_space

Gauge = namedtuple("Gauge", "percent secsleft power_plugged")

POSITION = {"latitude_deg": 51.5, "longitude_deg": -0.12}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["fixed", "psutil"])
def battery(
    request: pytest.FixtureRequest, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Battery]:
    monkeypatch.setattr("psutil.sensors_battery", lambda: Gauge(55.5, 3600, False), raising=False)
    part = open_battery(request.param, clock=clock)
    yield part
    part.close()


@pytest.fixture(params=["none", "fixed"])
def locator(request: pytest.FixtureRequest, clock: VirtualClock) -> Iterator[Locator]:
    options = POSITION if request.param == "fixed" else {}
    part = open_locator(request.param, clock=clock, options=options)
    yield part
    part.close()


@pytest.fixture(params=["disk", "mock"])
def space(request: pytest.FixtureRequest, clock: VirtualClock) -> Iterator[StorageSpace]:
    part = open_storage_space(request.param, clock=clock)
    yield part
    part.close()


@pytest.fixture(params=["psutil", "mock"])
def memory(request: pytest.FixtureRequest, clock: VirtualClock) -> Iterator[Memory]:
    part = open_memory(request.param, clock=clock)
    yield part
    part.close()


def test_no_more_memory_is_available_than_there_is(memory: Memory) -> None:
    reading = memory.read()
    assert 0 <= reading.available_bytes <= reading.total_bytes
    assert reading.total_bytes > 0


def test_a_closed_memory_gauge_refuses(memory: Memory) -> None:
    memory.close()
    memory.close()
    with pytest.raises(DeviceClosedError):
        memory.read()


def test_a_kernel_that_does_not_tell_is_a_lost_gauge(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OSError("no /proc here")

    monkeypatch.setattr("psutil.virtual_memory", broken)
    with pytest.raises(DeviceLostError, match="no /proc"):
        open_memory("psutil", clock=clock).read()


def test_a_battery_reads_within_its_range(battery: Battery) -> None:
    reading = battery.read()
    assert 0 <= reading.charge <= 1
    assert reading.left_s is None or reading.left_s >= 0
    assert not (reading.charging and reading.left_s is not None)


def test_a_closed_battery_refuses(battery: Battery) -> None:
    battery.close()
    battery.close()
    with pytest.raises(DeviceClosedError):
        battery.read()


def test_a_locator_gives_a_place_on_the_globe_or_none(
    locator: Locator, clock: VirtualClock
) -> None:
    clock.advance_s(5)
    fix = locator.read()
    if fix is not None:
        assert (fix.latitude_deg, fix.longitude_deg) == (51.5, -0.12)
        assert fix.accuracy_m > 0
        assert fix.at_ns <= clock.monotonic_ns()


def test_a_closed_locator_refuses(locator: Locator) -> None:
    locator.close()
    locator.close()
    with pytest.raises(DeviceClosedError):
        locator.read()


def test_a_card_has_no_more_room_than_its_size(space: StorageSpace, tmp_path: Path) -> None:
    room = space.read(tmp_path)
    assert 0 <= room.free_bytes <= room.total_bytes
    assert room.total_bytes > 0


def test_a_closed_space_gauge_refuses(space: StorageSpace, tmp_path: Path) -> None:
    space.close()
    space.close()
    with pytest.raises(DeviceClosedError):
        space.read(tmp_path)


def test_a_folder_that_is_not_there_has_no_room_to_tell(
    clock: VirtualClock, tmp_path: Path
) -> None:
    with pytest.raises(DeviceLostError, match="gone"):
        open_storage_space("disk", clock=clock).read(tmp_path / "gone")
