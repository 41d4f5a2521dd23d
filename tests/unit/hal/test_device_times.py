"""When a frame or a block was captured, whatever the device says of it."""

import itertools
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.drivers.camera.buffer_time import BufferTime
from hal.drivers.clock.virtual import VirtualClock
from hal.drivers.microphone.stream_time import StreamTime

NOW_NS = 5000 * 10**9


def test_a_stamp_shortly_before_the_grab_is_the_capture_time() -> None:
    assert BufferTime("cam").capture_ns(NOW_NS, 4_999_960.0) == NOW_NS - 40_000_000


@pytest.mark.parametrize("device_ms", [0.0, 4_999_000.0, 5_000_001.0, 1.8e12])
def test_a_stamp_of_another_clock_is_not_believed_and_warned_of_once(
    device_ms: float, caplog: pytest.LogCaptureFixture
) -> None:
    times = BufferTime("cam")
    with caplog.at_level(logging.WARNING):
        assert times.capture_ns(NOW_NS, device_ms) == NOW_NS
        assert times.capture_ns(NOW_NS + 10, device_ms) == NOW_NS + 10
    assert len(caplog.records) == 1


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(-(10**6), 10**9)), min_size=2))
def test_capture_times_rise_strictly_whatever_the_stamps_do(
    grabs: list[tuple[int, int]],
) -> None:
    times, now_ns, results = BufferTime("cam"), NOW_NS, []
    for step_ns, age_ns in grabs:
        now_ns += step_ns
        results.append(times.capture_ns(now_ns, (now_ns - age_ns) / 1e6))
    assert all(later > earlier for earlier, later in itertools.pairwise(results))


class Stream:
    """A sound card's clock that runs `ppm` fast and began at 1000 s."""

    def __init__(self, clock: VirtualClock, ppm: float) -> None:
        self.clock, self.ppm = clock, ppm

    def time_s(self) -> float:
        return 1000 + self.clock.monotonic_ns() / 1e9 * (1 + self.ppm / 1e6)


@pytest.mark.parametrize("ppm", [0, 200, -200])
def test_a_drifting_sound_card_stays_within_a_millisecond(ppm: float) -> None:
    clock = VirtualClock()
    stream = Stream(clock, ppm)
    times = StreamTime("mic", clock, stream.time_s)
    for _ in range(3000):
        heard_ns, adc_s = clock.monotonic_ns(), stream.time_s()
        clock.advance_ns(25_000_000)
        assert abs(times.capture_ns(adc_s, 20_000_000) - heard_ns) < 1_000_000


@pytest.mark.parametrize("adc_s", [0.0, 3.0, 1e9])
def test_a_useless_time_is_replaced_and_warned_of_once(
    adc_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    clock = VirtualClock(monotonic_ns=NOW_NS)
    times = StreamTime("mic", clock, Stream(clock, 0).time_s)
    with caplog.at_level(logging.WARNING):
        assert times.capture_ns(adc_s, 20_000_000) == NOW_NS - 20_000_000
        times.capture_ns(adc_s, 20_000_000)
    assert len(caplog.records) == 1


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(-(10**9), 10**10)), min_size=2))
def test_block_times_rise_strictly_whatever_the_card_says(steps: list[tuple[int, int]]) -> None:
    clock = VirtualClock(monotonic_ns=NOW_NS)
    stream, results = Stream(clock, 0), []
    times = StreamTime("mic", clock, stream.time_s)
    for step_ns, age_ns in steps:
        clock.advance_ns(step_ns)
        results.append(times.capture_ns(stream.time_s() - age_ns / 1e9, 20_000_000))
    assert all(later > earlier for earlier, later in itertools.pairwise(results))
