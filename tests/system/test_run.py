"""`bwv run` as a process: a keyboard for a button, a flag file for a dock, a real server."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.evidence.check import check
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import ClipState, EndReason
from tests.support.camera_command import await_bytes, running_camera
from tests.support.dock_process import DockProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DockProcess]:
    server = DockProcess(tmp_path / "server")
    server.start()
    yield server
    server.stop()


def test_a_shift_from_switching_on_to_the_dock(tmp_path: Path, server: DockProcess) -> None:
    with running_camera(tmp_path) as camera:
        camera.await_word("PRE_RECORD")
        camera.press("  ")
        camera.await_word("clip begun")
        camera.press("s")
        camera.await_word("clip closed")
        (tmp_path / "docked").touch()
        camera.await_word("freed on the camera")
        camera.signal(signal.SIGTERM)
        assert camera.code() == 0
    journal = Journal.open_for_reading(tmp_path / "device")
    (clip,), (recording,) = journal.clips(), journal.recordings()
    assert clip.state is ClipState.PURGED and recording.completed_utc_ns is not None
    assert recording.user_name == "PC O'Neill 🚓 <script>"
    held = server.folder / "content" / recording.container / Path(clip.file).name
    assert digest_file(held).sha256 == clip.sha256
    assert check(tmp_path / "device", journal) == []


def test_a_camera_that_is_switched_off_while_recording_closes_its_clip_whole(
    tmp_path: Path,
) -> None:
    with running_camera(tmp_path) as camera:
        camera.await_word("PRE_RECORD")
        camera.press("  ")
        camera.await_word("clip begun")
        camera.signal(signal.SIGTERM)
        assert camera.code() == 0
    journal = Journal.open_for_reading(tmp_path / "device")
    (clip,) = journal.clips()
    assert clip.state is ClipState.FINALISED and clip.end_reason is EndReason.SHUTDOWN
    assert check(tmp_path / "device", journal) == []


def test_a_second_camera_on_one_store_is_told_who_holds_it(tmp_path: Path) -> None:
    with running_camera(tmp_path) as first:
        first.await_word("PRE_RECORD")
        with running_camera(tmp_path) as second:
            second.await_word("in use by process")
            assert second.code() == 1
        first.signal(signal.SIGTERM)
        assert first.code() == 0


def test_a_camera_killed_while_recording_brings_its_clip_back_at_the_next_start(
    tmp_path: Path, server: DockProcess
) -> None:
    with running_camera(tmp_path) as camera:
        camera.await_word("PRE_RECORD")
        camera.press("  ")
        camera.await_word("clip begun")
        await_bytes(tmp_path)
        camera.cut_power()
        camera.code()
    (tmp_path / "docked").touch()
    with running_camera(tmp_path) as camera:
        camera.await_word("freed on the camera")
        camera.signal(signal.SIGTERM)
        assert camera.code() == 0
    journal = Journal.open_for_reading(tmp_path / "device")
    (clip,) = journal.clips()
    assert clip.end_reason is EndReason.RECOVERED and clip.state is ClipState.PURGED
    (held,) = (server.folder / "content").glob("*/*.mp4")
    assert digest_file(held).sha256 == clip.sha256


def test_a_camera_under_systemd_says_when_it_is_ready_and_that_it_lives(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
        with running_camera(tmp_path, environment) as camera:
            said: list[str] = []
            while "STATUS=pre_record" not in said:
                said.append(systemd.recv(4096).decode().strip())
            camera.signal(signal.SIGTERM)
            assert camera.code() == 0
    assert said.index("WATCHDOG=1") < said.index("READY=1") < said.index("STATUS=pre_record")


def test_a_camera_that_cannot_be_had_ends_the_start_and_says_what_there_is(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bwv_device.cli.main", "--json"]
    command += ["--set", "parts.camera.driver=sceen", "--set", "parts.microphone.driver=scene"]
    command += [
        "--set",
        f"storage.folder={tmp_path / 'store'}",
        "--set",
        "parts.button.driver=mock",
    ]
    command += ["--set", "parts.sounder.driver=recorder", "run"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "there is no camera driver 'sceen'" in json.loads(done.stdout)["error"]["message"]
    assert "scene" in done.stderr
