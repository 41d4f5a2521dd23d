"""Media processes that are started ahead of time."""

import sys

import psutil
import pytest

from bwv_device.media.errors import RecorderGoneError
from bwv_device.media.process.launch import Launcher

WAITS = (sys.executable, "-c", "import sys, socket; socket.socket(fileno=int(sys.argv[1])).recv(1)")


def test_the_one_started_ahead_is_the_first_and_the_next_is_new() -> None:
    with Launcher(WAITS) as launcher:
        launcher.ahead()
        (child,) = psutil.Process().children()
        first, second = launcher.next(), launcher.next()
        assert first.process.pid == child.pid != second.process.pid
        first.discard()
        second.discard()


def test_one_that_nobody_needed_is_not_left_behind() -> None:
    with Launcher(WAITS) as launcher:
        launcher.ahead()
        (child,) = psutil.Process().children()
    assert not child.is_running()


def test_it_ends_by_itself_when_the_wire_is_closed() -> None:
    with Launcher() as launcher:
        launched = launcher.next()
    launched.connection.close()
    assert launched.process.wait(60) == 0


def test_a_command_that_is_not_there_says_so() -> None:
    with (
        Launcher(("/nowhere/python",)) as launcher,
        pytest.raises(RecorderGoneError, match="start"),
    ):
        launcher.ahead()
