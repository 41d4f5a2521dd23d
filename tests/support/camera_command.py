"""`bwv run` as a process, on the generated scene, with a keyboard for a button and a flag file for
a dock. Used by the system tests.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import psutil

_PATIENCE_S = 30.0

SERIAL, USER_NAME = "RUN-1", "PC O'Neill 🚓 <script>"

_CONFIGURATION = """
[device]
serial = "{serial}"
[wearer]
user_id = "6f1c1f1e-5d0a-4a53-9a55-0f8d8f7f3b11"
name = "{user_name}"
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

    def await_word(self, word: str, times: int = 1) -> None:
        """Wait until `times` lines with `word` were said."""

        def said() -> bool:
            return sum(word in line for line in self._said) >= times

        with self._heard:
            assert self._heard.wait_for(said, _PATIENCE_S), f"no {word!r} in {self._said}"

    def signal(self, number: int) -> None:
        """To the agent alone."""
        self._process.send_signal(number)

    def cut_power(self) -> None:
        """Kill the agent and all that it started, at one instant."""
        os.killpg(self._process.pid, signal.SIGKILL)

    def media_process(self) -> int:
        """The process that records now."""
        (child,) = psutil.Process(self._process.pid).children()
        return child.pid

    def code(self) -> int:
        return self._process.wait(_PATIENCE_S)

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._heard:
                self._said.append(line)
                self._heard.notify_all()


@contextmanager
def running_camera(
    folder: Path, environment: Mapping[str, str] = MappingProxyType({}), settings: str = ""
) -> Iterator[Camera]:
    """A camera on the store `folder`/device, with `environment` besides our own and more
    `settings` in its file; it is killed should the test leave it running."""
    keyboard, terminal = os.openpty()
    text = _CONFIGURATION.format(
        serial=SERIAL,
        user_name=USER_NAME,
        tty=os.ttyname(terminal),
        flag=folder / "docked",
        store=folder / "device",
        connection=folder / "server" / "connection.json",
    )
    configuration = folder / "camera.toml"
    configuration.write_text(text + settings)
    command = [sys.executable, "-m", "bwv_device.cli.main", "--config", str(configuration), "run"]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )
    try:
        yield Camera(process, keyboard)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(keyboard)
        os.close(terminal)


def await_bytes(folder: Path) -> None:
    """Until a fragment is on the disk, behind the head of the newest clip's file."""
    waited = threading.Event()
    for _ in range(600):
        files = sorted((folder / "device" / "clips").glob("*/*.mp4"))
        if files and files[-1].stat().st_size > 20_000:
            return
        waited.wait(0.05)
    raise AssertionError("nothing was written")
