"""The long test of kills: two real disks behind a docking, and what the judge makes of harm."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bwv_device.evidence.records import ClipState
from bwv_device.protocol.connection import parse_connection_file
from tests.bench.settings import Settings
from tests.destination.process import ServerProcess
from tests.soak.dock_kills import Tally, kill_rows, rows
from tests.support.clips import clip_bytes
from tests.support.dock_disks import Disks, Findings
from tests.support.docking_camera import CLIP, OTHER_CLIP, Rig


@pytest.fixture
def docked(tmp_path: Path) -> Iterator[tuple[Disks, Path, Path]]:
    """Two recordings were handed over and freed, a third is on the camera alone."""
    server = ServerProcess(tmp_path / "server")
    connection = (tmp_path / "server" / "connection.json").read_bytes()
    rig = Rig(tmp_path, parse_connection_file(connection))
    rig.record(CLIP, trigger_s=0)
    rig.record(OTHER_CLIP, trigger_s=100)
    rig.push()
    rig.record(clip_bytes(0.8, sound=False), trigger_s=200)
    assert rig.states() == [ClipState.PURGED, ClipState.PURGED, ClipState.FINALISED]
    rig.close()
    server.stop()
    yield Disks(rig.folder, server.directory), rig.folder, server.directory


def on_server(server: Path) -> Path:
    return sorted(server.glob("content/*/*.mp4"))[0]


def lose(camera: Path, server: Path) -> None:  # noqa: ARG001
    on_server(server).unlink()


def alter(camera: Path, server: Path) -> None:  # noqa: ARG001
    path = on_server(server)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def double(camera: Path, server: Path) -> None:  # noqa: ARG001
    path = on_server(server)
    shutil.copy(path, path.with_name("20990101_000000_AAAA.mp4"))


def lose_on_camera(camera: Path, server: Path) -> None:  # noqa: ARG001
    (path,) = camera.glob("clips/*/*.mp4")
    path.unlink()


def test_a_docking_without_harm_is_well(docked: tuple[Disks, Path, Path]) -> None:
    disks, _, _ = docked
    assert disks.compare() == Findings()
    assert (disks.held(), disks.receipt_count()) == (2, 2)


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (lose, {"lost", "made_up", "receipts"}),
        (alter, {"lost", "made_up", "receipts"}),
        (double, {"doubled"}),
        (lose_on_camera, {"lost"}),
    ],
)
def test_harm_is_found_on_either_disk(
    docked: tuple[Disks, Path, Path], harm: Callable[[Path, Path], None], found: set[str]
) -> None:
    disks, camera, server = docked
    disks.compare()
    harm(camera, server)
    assert {name for name, texts in vars(disks.compare()).items() if texts} == found


WELL = Tally(Counter(camera=1, server=1, link=1), 3, 2, 2, Findings(), 0, 4, 2)


def failed(tally: Tally) -> list[str]:
    return [row.what for row in kill_rows(tally) if row.ok is False]


def test_kills_without_harm_pass() -> None:
    assert failed(WELL) == [] and any(row.ok for row in kill_rows(WELL))


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"at_work": 1}, "found the camera pushing"),
        ({"bodies": 0}, "left a part"),
        ({"found": Findings(lost=["x"])}, "clips lost"),
        ({"found": Findings(doubled=["x"])}, "clips doubled"),
        ({"found": Findings(made_up=["x"])}, "clips acknowledged"),
        ({"found": Findings(receipts=["x"])}, "objects in receipts"),
        ({"found": Findings(unreceipted=["x"])}, "freed without a receipt"),
        ({"held": 3}, "on the server in the end"),
        ({"receipts": 1}, "receipts given"),
        ({"left": 1}, "left on the camera"),
    ],
)
def test_harm_fails_its_row(wrong: dict[str, object], what: str) -> None:
    (row,) = failed(replace(WELL, **wrong))  # type: ignore[arg-type]
    assert what in row


def test_each_victim_is_killed_once_and_nothing_is_lost() -> None:
    found = rows(Settings(times=3))
    kept = [row for row in found if "that " not in row.what or "whole" in row.what]
    assert [row.what for row in kept if row.ok is False] == []
