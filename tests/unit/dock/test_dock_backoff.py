"""Waits and tries: grown, cut by chance, and never endless."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.dock.backoff import (
    ATTEMPTS,
    RETRY_AFTER_MOST_S,
    Backoff,
    Patience,
    parse_retry_after,
)
from bwv_device.dock.errors import (
    DockError,
    FailedError,
    NetworkError,
    NotAllowedError,
    UndockedError,
)
from bwv_device.dock.stop import Stop
from tests.support.docking_camera import JumpingClock

UTC_NS = 1_700_000_000 * 10**9
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"


@settings(deadline=None)
@given(
    first_s=st.floats(0.05, 60),
    factor=st.floats(1, 1000),
    seed=st.integers(),
    count=st.integers(1, 3000),
)
def test_waits_stay_between_half_and_all_of_what_they_may_be(
    first_s: float, factor: float, seed: int, count: int
) -> None:
    backoff = Backoff(first_s, first_s * factor, random.Random(seed).random)
    waits_s = [backoff.next_s() for _ in range(count)]
    assert first_s / 2 <= waits_s[0] < first_s * 1.0000001
    assert max(waits_s) <= first_s * factor
    assert min(waits_s) >= first_s / 2
    backoff.reset()
    assert backoff.next_s() <= first_s


@pytest.mark.parametrize(
    ("value", "date", "wait_s"),
    [
        (None, None, None),
        ("0", None, 0.0),
        (" 120 ", None, 120.0),
        ("99999999999", None, RETRY_AFTER_MOST_S),
        ("9" * 400, None, RETRY_AFTER_MOST_S),
        ("Tue, 14 Nov 2023 22:14:20 GMT", DATE, 60.0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", None, 60.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", DATE, 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DATE, RETRY_AFTER_MOST_S),
        ("-5", None, None),
        ("1.5", None, None),
        ("soon", None, None),
        ("", None, None),
        ("\u0663", None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(
    value: str | None, date: str | None, wait_s: float | None
) -> None:
    assert parse_retry_after(value, date, UTC_NS) == wait_s


def test_a_date_is_counted_from_the_servers_clock_when_ours_is_wrong() -> None:
    assert parse_retry_after("Tue, 14 Nov 2023 22:14:20 GMT", DATE, 0) == 60.0


class Calls:
    """Fails with `errors` in turn, then returns 7."""

    def __init__(self, *errors: DockError) -> None:
        self.errors = list(errors)
        self.made = 0

    def __call__(self) -> int:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return 7


def patience(clock: JumpingClock, stop: Stop) -> Patience:
    return Patience(clock, stop, lambda: Backoff(1, 60, lambda: 0.5), lambda _error, _wait_s: None)


def test_what_passes_is_tried_again() -> None:
    calls = Calls(NetworkError("x"), FailedError("x", 503, 30.0))
    clock = JumpingClock()
    assert patience(clock, Stop()).run(calls) == 7
    assert clock.waits_s == [0.75, 30.0]


def test_what_does_not_pass_is_given_up_after_the_last_try() -> None:
    calls = Calls(*[NetworkError(str(number)) for number in range(20)])
    with pytest.raises(NetworkError, match=str(ATTEMPTS - 1)):
        patience(JumpingClock(), Stop()).run(calls)
    assert calls.made == ATTEMPTS


def test_what_will_never_pass_is_not_tried_again() -> None:
    calls = Calls(NotAllowedError("x", 403))
    with pytest.raises(NotAllowedError):
        patience(JumpingClock(), Stop()).run(calls)
    assert calls.made == 1


def test_nothing_is_tried_once_the_camera_is_off_the_dock() -> None:
    stop, calls = Stop(), Calls()
    stop.set()
    with pytest.raises(UndockedError):
        patience(JumpingClock(), stop).run(calls)
    assert calls.made == 0


def test_leaving_the_dock_ends_the_wait() -> None:
    stop = Stop()
    calls = Calls(NetworkError("x"))
    waiting = Patience(
        JumpingClock(), stop, lambda: Backoff(1, 60, lambda: 0), lambda _error, _wait_s: stop.set()
    )
    with pytest.raises(UndockedError):
        waiting.run(calls)
    assert calls.made == 1


def test_an_order_to_stop_given_before_reaches_who_asks_later() -> None:
    stop, told = Stop(), []
    stop.on_set(lambda: told.append("early"))
    stop.set()
    stop.set()
    stop.on_set(lambda: told.append("late"))
    assert told == ["early", "late"]
