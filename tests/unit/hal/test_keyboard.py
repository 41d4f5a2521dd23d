"""The keyboard button on a pseudo-terminal: keys, and a terminal that is always put back."""

import os
import subprocess
import sys
import termios
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hal.drivers.button.keyboard import KeyboardButton
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceMissingError
from tests.contract.test_input_contract import Heard

ROOT = Path(__file__).parents[3]


@dataclass
class Terminal:
    """The hand's side of a terminal, and its name."""

    hand: int
    inner: int

    @property
    def name(self) -> str:
        return os.ttyname(self.inner)

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.inner)[3] & termios.ECHO)

    def press(self, keys: bytes) -> None:
        os.write(self.hand, keys)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal(*os.openpty())
    yield made
    os.close(made.hand)
    os.close(made.inner)


def test_keys_are_taken_silently_and_the_terminal_is_put_back(terminal: Terminal) -> None:
    assert terminal.echoes
    button = KeyboardButton(VirtualClock(), device=terminal.name)
    button.start(Heard())
    assert not terminal.echoes
    button.close()
    assert terminal.echoes


def test_other_keys_are_ignored_and_counted(terminal: Terminal) -> None:
    clock, heard = VirtualClock(), Heard()
    button = KeyboardButton(clock, device=terminal.name)
    button.start(heard)
    terminal.press(b"xyz \xc3\xa9")
    heard.until(2, clock)
    terminal.press(b" ")
    heard.until(4, clock)
    button.close()
    assert button.ignored_keys == 5


def test_closing_lets_a_held_key_go(terminal: Terminal) -> None:
    clock, heard = VirtualClock(), Heard()
    button = KeyboardButton(clock, device=terminal.name)
    button.start(heard)
    terminal.press(b"s")
    clock.until_waiting()
    button.close()
    assert [edge.pressed for edge in heard.values] == [True, False]  # type: ignore[attr-defined]


@pytest.mark.parametrize("device", ["/dev/null", "/dev/no-such-terminal"])
def test_where_there_is_no_terminal_it_says_so(device: str) -> None:
    button = KeyboardButton(VirtualClock(), device=device)
    with pytest.raises(DeviceMissingError, match=f"{device}.*choose another button driver"):
        button.start(Heard())
    button.close()


def test_a_process_without_a_terminal_says_so() -> None:
    program = (
        "from hal.drivers.button.keyboard import KeyboardButton as K;"
        "from hal.drivers.clock.system import SystemClock as C;"
        "K(C()).start(print)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    assert "DeviceMissingError: no keys from /dev/tty" in ran.stderr


def test_a_program_that_forgets_to_close_still_puts_the_terminal_back(
    terminal: Terminal,
) -> None:
    program = (
        "from hal.drivers.button.keyboard import KeyboardButton as K;"
        "from hal.drivers.clock.system import SystemClock as C;"
        f"K(C(), device={terminal.name!r}).start(print); raise SystemExit(3)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 3
    assert terminal.echoes


def test_a_terminal_that_goes_away_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    made = Terminal(*os.openpty())
    button = KeyboardButton(VirtualClock(), device=made.name)
    button.start(Heard())
    thread = button._thread
    assert thread is not None
    os.close(made.inner)
    os.close(made.hand)
    thread.join(10)
    assert "there is no button any more" in caplog.text
    button.close()


def test_a_process_in_the_background_leaves_the_terminal_alone(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel stops a background process that changes the terminal's settings."""
    monkeypatch.setattr("os.tcgetpgrp", lambda _: os.getpgrp() + 1)
    button = KeyboardButton(VirtualClock(), device=terminal.name)
    with pytest.raises(DeviceMissingError, match="in the background"):
        button.start(Heard())
    assert terminal.echoes
    button.close()


def test_spaces_typed_ahead_are_presses_of_their_own(terminal: Terminal) -> None:
    clock, heard = VirtualClock(), Heard()
    button = KeyboardButton(clock, device=terminal.name)
    button.start(heard)
    terminal.press(b"  ")
    edges = heard.until(4, clock)
    button.close()
    assert [edge.pressed for edge in edges] == [True, False, True, False]  # type: ignore[attr-defined]
    times = [edge.at_ns for edge in edges]  # type: ignore[attr-defined]
    assert times[2] - times[1] >= 50_000_000
    assert times[3] - times[0] < 500_000_000
