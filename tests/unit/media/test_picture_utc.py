"""What the overlay shows when UTC is set, and when nothing happens."""

import pytest

from bwv_device.media.picture_utc import PictureUtc
from hal.drivers.clock.virtual import VirtualClock
from tests.unit.media.media_packets import MS, S


@pytest.mark.parametrize("step_s", [3600.0, -3600.0, 86_400.0 * 366])
def test_a_step_shows_within_a_second_and_time_goes_on_evenly_on_both_sides(step_s: float) -> None:
    clock = VirtualClock(monotonic_ns=100 * S)
    shown = PictureUtc(clock)
    offset_ns = clock.utc_ns() - clock.monotonic_ns()
    seen: list[int] = []
    for number in range(100):
        if number == 42:
            clock.step_utc_s(step_s)
        capture_ns = clock.monotonic_ns() - 5 * MS
        seen.append(shown.of(capture_ns) - capture_ns - offset_ns)
        clock.advance_ns(33 * MS)
    assert set(seen) == {0, round(step_s * S)}
    first = seen.index(round(step_s * S))
    assert 42 <= first <= 42 + 31
    assert seen == [0] * first + [round(step_s * S)] * (100 - first)
