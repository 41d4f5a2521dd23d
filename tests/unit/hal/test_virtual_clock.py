"""The virtual clock: nothing moves unless it is told to, and then for everybody."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DriverOptionError
from hal.interfaces.clock import UtcReading


def test_time_stands_still_until_advanced() -> None:
    clock = VirtualClock(monotonic_ns=5, utc_ns=1000)
    assert (clock.monotonic_ns(), clock.utc_ns()) == (5, 1000)
    clock.advance_s(1.5)
    assert (clock.monotonic_ns(), clock.utc_ns()) == (1_500_000_005, 1_500_001_000)


def test_nanoseconds_are_advanced_exactly_where_seconds_would_round() -> None:
    clock = VirtualClock(monotonic_ns=10**18)
    clock.advance_ns(1)
    assert clock.monotonic_ns() == 10**18 + 1


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_utc_steps_and_monotonic_time_does_not(step_s: float) -> None:
    clock = VirtualClock(monotonic_ns=7, utc_ns=10**18)
    clock.step_utc_s(step_s)
    assert clock.monotonic_ns() == 7
    assert clock.utc_ns() == 10**18 + round(step_s * 10**9)
    clock.advance_s(1)
    assert clock.utc_ns() == 10**18 + round((step_s + 1) * 10**9)


def test_how_good_utc_is_stays_unknown_until_somebody_says_so_and_after_each_step() -> None:
    clock = VirtualClock(monotonic_ns=7, utc_ns=1000)
    assert clock.utc_reading() == UtcReading(1000, 7, None)
    clock.set_utc_error_s(0.25)
    clock.advance_ns(3)
    assert clock.utc_reading() == UtcReading(1003, 10, 250_000_000)
    clock.step_utc_s(-1e-6)
    assert clock.utc_reading() == UtcReading(3, 10, None)
    clock.set_utc_error_s(0)
    assert clock.utc_reading().is_synchronised
    clock.set_utc_error_s(None)
    assert not clock.utc_reading().is_synchronised
    with pytest.raises(DriverOptionError, match="error_s = -1"):
        clock.set_utc_error_s(-1)


def test_time_never_goes_back() -> None:
    clock = VirtualClock(monotonic_ns=7)
    with pytest.raises(DriverOptionError, match="goes back"):
        clock.advance_s(-0.1)
    with pytest.raises(DriverOptionError, match="goes back"):
        clock.advance_ns(-1)


def test_sleepers_wake_at_their_own_times() -> None:
    clock = VirtualClock()
    woken: list[float] = []

    def sleep(duration_s: float) -> None:
        clock.sleep_s(duration_s)
        woken.append(duration_s)

    with ThreadPoolExecutor(3) as pool:
        sleeping = {duration: pool.submit(sleep, duration) for duration in (1.0, 2.0, 3.0)}
        clock.until_waiting(3)
        assert clock.next_deadline_ns() == 1_000_000_000
        for duration in (1.0, 2.0, 3.0):
            clock.advance_s(1)
            sleeping[duration].result(10)
    assert woken == [1.0, 2.0, 3.0]
    assert clock.next_deadline_ns() is None


def test_a_wait_ends_at_its_timeout_and_not_a_nanosecond_before() -> None:
    clock = VirtualClock()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(clock.wait, threading.Event(), 1.0)
        clock.until_waiting()
        clock.advance_ns(999_999_999)
        clock.until_waiting()
        assert not waiting.done()
        clock.advance_ns(1)
        assert waiting.result(10) is False


def test_a_wait_without_timeout_outlasts_any_time() -> None:
    clock = VirtualClock()
    signal = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(clock.wait, signal, None)
        clock.until_waiting()
        assert clock.next_deadline_ns() is None
        clock.advance_s(1e6)
        assert not waiting.done()
        signal.set()
        assert waiting.result(10)


def test_waiting_for_threads_that_do_not_come_is_an_error() -> None:
    with pytest.raises(TimeoutError, match="0 of 1"):
        VirtualClock().until_waiting(1, real_timeout_s=0.01)
