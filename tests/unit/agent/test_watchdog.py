"""What systemd hears: on a socket as systemd has it, in virtual time."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from systemd_watchdog.systemd_watchdog import WatchDog

from bwv_device.agent.watchdog import Beat, Watchdog
from bwv_device.firmware.states import State
from hal.drivers.clock.virtual import VirtualClock
from tests.unit.media.media_socket import wait_until

WATCHDOG_S = 9


class Systemd:
    """The other end of the socket."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.setblocking(False)
        self.heard: list[str] = []

    def listen(self) -> None:
        """Take in what has been said so far."""
        with suppress(BlockingIOError):
            while True:
                self.heard.append(self._socket.recv(4096).decode().strip())

    def close(self) -> None:
        self._socket.close()


class Scene:
    def __init__(self, systemd: Systemd, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WATCHDOG_USEC", str(WATCHDOG_S * 1_000_000))
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        self.systemd, self.clock, self.state = systemd, VirtualClock(), State.BOOTING
        self.answer: Callable[[Beat], None] = lambda beat: beat.answered.set()
        self.asked = 0
        self.watchdog = Watchdog(
            self.clock, lambda: self.state, self._post, WatchDog(addr=systemd.path)
        )
        self.watchdog.start()

    def _post(self, beat: Beat) -> None:
        self.asked += 1
        self.answer(beat)

    def go_on_until(self, there: Callable[[], bool]) -> None:
        """Let time pass, a tenth of a second at a time, until it is there."""

        def step() -> bool:
            self.clock.advance_s(0.1)
            return there()

        wait_until(step)

    def go_on_until_heard(self, word: str) -> None:
        def heard() -> bool:
            self.systemd.listen()
            return word in self.systemd.heard

        self.go_on_until(heard)


@pytest.fixture
def systemd(tmp_path: Path):
    made = Systemd(tmp_path)
    yield made
    made.close()


def test_ready_comes_behind_the_boot_and_states_follow(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(systemd, monkeypatch)
    scene.go_on_until_heard("WATCHDOG=1")
    assert set(systemd.heard) == {"WATCHDOG=1"}, "it is not ready yet"
    scene.state = State.PRE_RECORD
    scene.go_on_until_heard("STATUS=pre_record")
    scene.state = State.RECORDING
    scene.go_on_until_heard("STATUS=recording")
    scene.watchdog.close()
    states = [word for word in systemd.heard if word != "WATCHDOG=1"]
    assert states == ["READY=1", "STATUS=pre_record", "STATUS=recording"]


def test_an_owner_thread_that_hangs_is_not_spoken_for(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(systemd, monkeypatch)
    scene.answer = lambda _beat: None
    scene.go_on_until(lambda: "owner thread has not answered" in caplog.text)
    scene.watchdog.close()
    systemd.listen()
    assert scene.asked >= 1 and systemd.heard == []


def test_a_systemd_that_is_gone_costs_nothing_but_a_line_in_the_log(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(systemd, monkeypatch)
    systemd.close()
    Path(systemd.path).unlink()
    scene.go_on_until(lambda: caplog.text.count("systemd was not told") >= 2)
    scene.watchdog.close()


def test_without_systemd_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    asked: list[Beat] = []
    watchdog = Watchdog(VirtualClock(), lambda: State.STANDBY, asked.append)
    before = threading.active_count()
    watchdog.start()
    assert threading.active_count() == before
    watchdog.close()
    assert asked == []
