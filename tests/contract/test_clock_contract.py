"""What every clock has to do, over both of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hal.interfaces.clock import Clock
from hal.registry import open_clock


@pytest.fixture(params=["system", "virtual"])
def clock(request: pytest.FixtureRequest) -> Clock:
    return open_clock(request.param)


def test_monotonic_time_never_goes_back(clock: Clock) -> None:
    readings = [clock.monotonic_ns() for _ in range(1000)]
    assert readings == sorted(readings)


def test_utc_is_in_this_century(clock: Clock) -> None:
    assert 1_700_000_000 * 10**9 < clock.utc_ns() < 4_000_000_000 * 10**9


def test_a_reading_of_utc_lies_between_the_readings_around_it(clock: Clock) -> None:
    before_ns, utc_before_ns = clock.monotonic_ns(), clock.utc_ns()
    reading = clock.utc_reading()
    after_ns, utc_after_ns = clock.monotonic_ns(), clock.utc_ns()
    assert before_ns <= reading.monotonic_ns <= after_ns
    # Nobody steps the clock of the machine while this runs, or it would fail by seconds.
    assert utc_before_ns <= reading.utc_ns <= utc_after_ns
    assert reading.offset_ns == reading.utc_ns - reading.monotonic_ns


def test_an_error_of_utc_is_a_bound_or_unknown_and_never_a_guess(clock: Clock) -> None:
    reading = clock.utc_reading()
    assert reading.is_synchronised == (reading.error_ns is not None)
    # From 16 s on a kernel calls itself unsynchronised.
    assert reading.error_ns is None or 0 <= reading.error_ns < 17 * 10**9


def test_readings_of_utc_follow_monotonic_time(clock: Clock) -> None:
    instants = [clock.utc_reading().monotonic_ns for _ in range(100)]
    assert instants == sorted(instants)


@pytest.mark.parametrize("duration_s", [0, -1.0])
def test_sleeping_for_no_time_returns_at_once(clock: Clock, duration_s: float) -> None:
    before_ns = clock.monotonic_ns()
    clock.sleep_s(duration_s)
    assert clock.monotonic_ns() >= before_ns


def test_waiting_for_what_has_happened_is_true_at_once(clock: Clock) -> None:
    signal = threading.Event()
    signal.set()
    assert clock.wait(signal, None)
    assert clock.wait(signal, 1000.0)
    assert clock.wait(signal, 0)


def test_waiting_no_time_for_what_has_not_happened_is_false(clock: Clock) -> None:
    assert not clock.wait(threading.Event(), 0)


@pytest.mark.parametrize("timeout_s", [None, 1000.0])
def test_a_wait_ends_when_the_signal_comes(clock: Clock, timeout_s: float | None) -> None:
    signal = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(clock.wait, signal, timeout_s)
        signal.set()
        assert waiting.result(10)
