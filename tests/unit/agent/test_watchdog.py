"""What systemd hears: on a socket as systemd has it, in virtual time."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from systemd_watchdog.systemd_watchdog import WatchDog

from bwv_device.agent.watchdog import Beat, Watchdog
from bwv_device.firmware.states import State
from hal.drivers.clock.virtual import VirtualClock

WATCHDOG_S = 9


class Systemd:
    """The other end of the socket."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.settimeout(20)

    def hear(self) -> str:
        return self._socket.recv(4096).decode().strip()

    def hears_nothing(self) -> bool:
        self._socket.setblocking(False)
        try:
            self._socket.recv(4096)
        except BlockingIOError:
            return True
        finally:
            self._socket.settimeout(20)
        return False

    def close(self) -> None:
        self._socket.close()


class Scene:
    def __init__(self, systemd: Systemd, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WATCHDOG_USEC", str(WATCHDOG_S * 1_000_000))
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        self.clock, self.state = VirtualClock(), State.BOOTING
        self.answer: Callable[[Beat], None] = lambda beat: beat.answered.set()
        self.asked = 0
        self.watchdog = Watchdog(
            self.clock, lambda: self.state, self._post, WatchDog(addr=systemd.path)
        )
        self.watchdog.start()

    def _post(self, beat: Beat) -> None:
        self.asked += 1
        self.answer(beat)

    def go_on(self, seconds: float) -> None:
        self.clock.until_waiting(1)
        self.clock.advance_s(seconds)


@pytest.fixture
def systemd(tmp_path: Path):
    made = Systemd(tmp_path)
    yield made
    made.close()


def test_ready_comes_behind_the_boot_and_states_follow(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(systemd, monkeypatch)
    scene.go_on(0.2)
    assert systemd.hear() == "WATCHDOG=1"
    scene.state = State.PRE_RECORD
    scene.go_on(0.2)
    assert [systemd.hear() for _ in range(3)] == ["WATCHDOG=1", "READY=1", "STATUS=pre_record"]
    scene.state = State.RECORDING
    scene.go_on(WATCHDOG_S / 3)
    assert [systemd.hear() for _ in range(2)] == ["WATCHDOG=1", "STATUS=recording"]
    scene.watchdog.close()


def test_an_owner_thread_that_hangs_is_not_spoken_for(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(systemd, monkeypatch)
    asked = threading.Event()
    scene.answer = lambda _beat: asked.set()
    scene.go_on(0.2)
    assert asked.wait(20)
    scene.go_on(WATCHDOG_S / 3)
    scene.clock.until_waiting(1)
    assert systemd.hears_nothing()
    assert "owner thread has not answered" in caplog.text
    scene.watchdog.close()


def test_a_systemd_that_is_gone_costs_nothing_but_a_line_in_the_log(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(systemd, monkeypatch)
    systemd.close()
    Path(systemd.path).unlink()
    scene.go_on(0.2)
    scene.go_on(0.2)
    scene.clock.until_waiting(1)
    assert scene.asked >= 1 and "systemd was not told" in caplog.text
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
