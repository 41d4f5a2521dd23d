"""`bwv run` as a process: a keyboard for a button, a flag file for a dock, a real server."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bwv_device.evidence.check import check
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import ClipState, EndReason
from tests.support.dock_process import DockProcess

_PATIENCE_S = 30.0

_CONFIGURATION = """
[device]
serial = "RUN-1"
[wearer]
user_id = "6f1c1f1e-5d0a-4a53-9a55-0f8d8f7f3b11"
name = "PC O'Neill 🚓 <script>"
[parts]
camera = {{ driver = "scene", options = {{ width_px = 640, height_px = 480 }} }}
microphone = {{ driver = "scene" }}
sounder = {{ driver = "terminal" }}
battery = {{ driver = "fixed" }}
button = {{ driver = "keyboard", options = {{ device = "{tty}" }} }}
dock_contact = {{ driver = "file", options = {{ path = "{flag}" }} }}
[pre_record]
length_s = 1
[storage]
folder = "{store}"
[dock]
connection_file = "{connection}"
"""


class Camera:
    """A `bwv run` process, its keyboard and what it says."""

    def __init__(self, process: subprocess.Popen[str], keyboard: int) -> None:
        self._process, self._keyboard = process, keyboard
        self._said: list[str] = []
        self._heard = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def press(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    def await_word(self, word: str) -> None:
        """Wait until a line with `word` was said."""

        def said() -> bool:
            return any(word in line for line in self._said)

        with self._heard:
            assert self._heard.wait_for(said, _PATIENCE_S), f"no {word!r} in {self._said}"

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def code(self) -> int:
        return self._process.wait(_PATIENCE_S)

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._heard:
                self._said.append(line)
                self._heard.notify_all()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DockProcess]:
    server = DockProcess(tmp_path / "server")
    server.start()
    yield server
    server.stop()


@contextmanager
def running_camera(folder: Path) -> Iterator[Camera]:
    """A camera on the store `folder`/device; it is killed should the test leave it running."""
    keyboard, terminal = os.openpty()
    text = _CONFIGURATION.format(
        tty=os.ttyname(terminal),
        flag=folder / "docked",
        store=folder / "device",
        connection=folder / "server" / "connection.json",
    )
    configuration = folder / "camera.toml"
    configuration.write_text(text)
    command = [sys.executable, "-m", "bwv_device.cli.main", "--config", str(configuration), "run"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield Camera(process, keyboard)
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
        os.close(terminal)


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
        camera.await_word("RECORDING")
        _await_bytes(tmp_path / "device" / "clips")
        camera.signal(signal.SIGKILL)
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


def _await_bytes(clips: Path) -> None:
    """Until a fragment is on the disk, behind the head of the file."""
    waited = threading.Event()
    for _ in range(300):
        if any(path.stat().st_size > 20_000 for path in clips.glob("*/*.mp4")):
            return
        waited.wait(0.05)
    raise AssertionError("nothing was written")
