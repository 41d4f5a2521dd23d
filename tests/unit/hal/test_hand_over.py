"""The bounded queue between a device's thread and its reader."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from hal.drivers.clock.virtual import VirtualClock
from hal.drivers.hand_over import HandOver
from hal.errors import DeviceClosedError, DeviceLostError


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def test_items_come_out_in_order_and_a_full_queue_refuses(clock: VirtualClock) -> None:
    queue: HandOver[int] = HandOver(clock, 2)
    assert [queue.put(item) for item in (1, 2, 3)] == [True, True, False]
    assert queue.full
    assert [queue.take(0), queue.take(0), queue.take(0)] == [1, 2, None]
    assert queue.put(4)


def test_what_is_left_is_read_before_the_error_and_then_the_error_stays(
    clock: VirtualClock,
) -> None:
    queue: HandOver[int] = HandOver(clock, 2)
    queue.put(1)
    queue.fail(DeviceLostError("first"))
    queue.fail(DeviceLostError("second"))
    assert not queue.put(2)
    assert queue.take(0) == 1
    for _ in range(2):
        with pytest.raises(DeviceLostError, match="first"):
            queue.take(0)


def test_closing_lets_go_what_is_left(clock: VirtualClock) -> None:
    queue: HandOver[int] = HandOver(clock, 2)
    queue.put(1)
    queue.close(DeviceClosedError("closed"))
    with pytest.raises(DeviceClosedError):
        queue.take(0)


def test_a_taker_waits_for_its_time_or_an_item(clock: VirtualClock) -> None:
    queue: HandOver[int] = HandOver(clock, 2)
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(queue.take, 1.0)
        clock.until_waiting()
        clock.advance_s(1)
        assert taking.result(10) is None
        taking = pool.submit(queue.take, 1.0)
        clock.until_waiting()
        queue.put(5)
        assert taking.result(10) == 5


def test_an_error_wakes_a_taker_that_waits(clock: VirtualClock) -> None:
    queue: HandOver[int] = HandOver(clock, 2)
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(queue.take, 1000.0)
        clock.until_waiting()
        queue.fail(DeviceLostError("unplugged"))
        with pytest.raises(DeviceLostError, match="unplugged"):
            taking.result(10)
