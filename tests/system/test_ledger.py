"""The ledger of a real camera process: killed, started again, docked at a real server."""

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bwv_device.cli.main import main
from bwv_device.evidence.ledger.account import CUT, OFF, UNKNOWN
from bwv_device.evidence.ledger.check import check_segments
from bwv_device.evidence.ledger.kinds import Kind, ServerKind
from bwv_device.evidence.ledger.read import check_folder, read_segments
from bwv_device.protocol.times import parse_rfc3339
from tests.support.camera_command import Camera, await_bytes, running_camera
from tests.support.dock_process import DockProcess

Output = pytest.CaptureFixture[str]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DockProcess]:
    server = DockProcess(tmp_path / "server")
    server.start()
    yield server
    server.stop()


def switch_off(camera: Camera) -> None:
    camera.signal(signal.SIGTERM)
    assert camera.code() == 0


def told(capsys: Output, *options: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["ledger", *options, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_an_agent_that_was_killed_leaves_a_stretch_that_is_named_unknown_and_nothing_else(
    tmp_path: Path, capsys: Output
) -> None:
    with running_camera(tmp_path) as camera:
        camera.await_word("PRE_RECORD")
        camera.press("  ")
        camera.await_word("clip begun")
        await_bytes(tmp_path)
        camera.cut_power()
        camera.code()
    before = check_folder(tmp_path / "device" / "ledger")
    assert before.entries[-1].kind != Kind.OFF
    with running_camera(tmp_path) as camera:
        camera.await_word("PRE_RECORD")
        switch_off(camera)
    store = ("--store", str(tmp_path / "device"))
    assert told(capsys, "check", *store)["findings"] == []
    (shift,) = told(capsys, "account", *store)["shifts"]
    unknown = [each for each in shift["stretches"] if each["state"] == UNKNOWN]
    assert [each["why"] for each in unknown] == [CUT]
    states = [each["state"] for each in shift["stretches"]]
    assert states[:3] == ["booting", "pre_record", "recording"]
    assert states[3:6] == [UNKNOWN, "booting", "pre_record"]
    last_utc_ns = max(each.stamp.utc_ns for each in before.entries)
    assert abs(parse_rfc3339(unknown[0]["from"]) - last_utc_ns) < 1_000_000_000, "its last word"
    assert sum(each["seconds"] for each in shift["stretches"]) == pytest.approx(
        sum(shift["seconds"].values())
    )


def test_a_shift_goes_up_at_the_dock_and_camera_and_server_agree(
    tmp_path: Path, server: DockProcess, capsys: Output
) -> None:
    with running_camera(tmp_path) as camera:
        camera.await_word("PRE_RECORD")
        camera.press("  ")
        camera.await_word("clip begun")
        camera.press("s")
        camera.await_word("clip closed")
        (tmp_path / "docked").touch()
        camera.await_word("freed on the camera")
        await_segments(server, 2)
        switch_off(camera)
    (held,) = (server.folder / "content").glob("Ledger_*")
    at_server = check_segments(read_segments([held]), are_closed=True)
    own = check_folder(tmp_path / "device" / "ledger")
    assert at_server.ok and not at_server.findings and own.ok
    assert own.entries[: len(at_server.entries)] == at_server.entries
    kinds = {each.kind for each in at_server.entries}
    assert kinds >= {
        *(Kind.BOOT, Kind.STATE, Kind.LIGHT, Kind.SOUND, Kind.CLIP_OPENED, Kind.CLIP_FINALISED),
        *(Kind.DOCK, Kind.CLIP_FREED, Kind.SERVER_HEAD),
    }
    (freed,) = (each.data for each in at_server.entries if each.kind == Kind.CLIP_FREED)
    (closed,) = (each.data for each in at_server.entries if each.kind == Kind.CLIP_FINALISED)
    assert freed["sha256"] == closed["sha256"] and freed["destination"]
    servers = check_folder(server.folder / "ledger")
    assert servers.ok
    stored = [each.data for each in servers.entries if each.kind == ServerKind.SEGMENT_STORED]
    assert [each["problems"] for each in stored] == [0] * len(stored) and len(stored) >= 2
    head = f"{own.ledger}:{stored[-1]['number']}:{stored[-1]['hash']}"
    assert told(capsys, "check", "--store", str(tmp_path / "device"), "--head", head)["ok"]


def test_a_camera_whose_ledger_was_cut_back_on_the_card_is_exposed_by_the_servers_head(
    tmp_path: Path, server: DockProcess, capsys: Output
) -> None:
    (tmp_path / "docked").touch()
    with running_camera(tmp_path) as camera:
        await_segments(server, 1)
        switch_off(camera)
    servers = check_folder(server.folder / "ledger")
    stored = [each.data for each in servers.entries if each.kind == ServerKind.SEGMENT_STORED]
    folder = tmp_path / "device" / "ledger"
    ledger = check_folder(folder).ledger
    head = f"{ledger}:{stored[-1]['number']}:{stored[-1]['hash']}"
    store = ("--store", str(tmp_path / "device"))
    assert told(capsys, "check", *store, "--head", head)["ok"]
    for path in sorted(folder.glob("*.jsonl"))[1:]:
        path.unlink()
    first = folder / "00000001.jsonl"
    first.write_bytes(b"".join(first.read_bytes().splitlines(keepends=True)[:4]))
    found = told(capsys, "check", *store, "--head", head, code=1)
    assert [each["fault"] for each in found["findings"]] == ["cut"]


def test_a_camera_that_was_switched_off_in_order_was_off_meanwhile(
    tmp_path: Path, capsys: Output
) -> None:
    for _ in range(2):
        with running_camera(tmp_path) as camera:
            camera.await_word("PRE_RECORD")
            switch_off(camera)
    (shift,) = told(capsys, "account", "--store", str(tmp_path / "device"))["shifts"]
    states = [each["state"] for each in shift["stretches"]]
    assert UNKNOWN not in states and OFF in states[:-1]


def await_segments(server: DockProcess, count: int) -> None:
    """Until the server holds so many."""
    waited = threading.Event()
    for _ in range(1200):
        if len(list((server.folder / "content").glob("Ledger_*/*.jsonl"))) >= count:
            return
        waited.wait(0.05)
    raise AssertionError("no segment came")
