"""Who drips loses its turn; who is held up by the server's own disk does not."""

from pathlib import Path

import pytest

from dock_server.clock import ServerClock
from dock_server.errors import SlowClientError
from dock_server.pace import Pace
from dock_server.settings import Limits
from tests.destination.in_process import InProcess
from tests.destination.uploads import begin

LIMITS = Limits(pace_min_bytes_s=1000, pace_window_s=10.0)
LEAST_BYTES = 10_000


class Hand:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.clock = ServerClock(lambda: 0, lambda: self.now_s)


def come(pace: Pace, hand: Hand, size_bytes: int, after_s: float) -> None:
    pace.wait_begins()
    hand.now_s += after_s
    pace.came(size_bytes)


def test_a_body_that_drips_is_ended() -> None:
    hand = Hand()
    pace = Pace(LIMITS, hand.clock)
    for _ in range(9):
        come(pace, hand, 1, after_s=1.0)
    with pytest.raises(SlowClientError):
        come(pace, hand, 1, after_s=1.0)


def test_a_body_at_the_least_pace_may_go_on_for_ever() -> None:
    hand = Hand()
    pace = Pace(LIMITS, hand.clock)
    for _ in range(1000):
        come(pace, hand, LEAST_BYTES // 10, after_s=1.0)


def test_a_fast_beginning_does_not_pay_for_a_drip() -> None:
    hand = Hand()
    pace = Pace(LIMITS, hand.clock)
    come(pace, hand, 1_000_000_000, after_s=10.0)
    with pytest.raises(SlowClientError):
        for _ in range(10):
            come(pace, hand, 1, after_s=1.0)


def test_time_that_the_server_took_does_not_count() -> None:
    hand = Hand()
    pace = Pace(LIMITS, hand.clock)
    for _ in range(100):
        come(pace, hand, 1, after_s=0.01)
        hand.now_s += 60.0


def test_a_dripping_append_is_ended_and_what_came_counts(tmp_path: Path) -> None:
    dock = InProcess(tmp_path, LIMITS)
    dock.wire.open_recording()
    upload = begin(dock.wire, 1_000_000)
    monotonic_s = iter(range(0, 10**9, 11))
    object.__setattr__(dock.services.clock, "monotonic_s", lambda: float(next(monotonic_s)))
    with upload.hanging(0, b"drip", 1_000_000) as connection:
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"Upload-Offset: 4\r\n" in answer and b"Upload-Complete: ?0\r\n" in answer
    dock.close()
