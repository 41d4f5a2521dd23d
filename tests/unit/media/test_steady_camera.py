"""A camera that is pulled out and plugged in again, in time that a test lets pass."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bwv_device.media import reopener
from bwv_device.media.picture_loop import FrameCount
from bwv_device.media.slate import BLACK, NEUTRAL, WHITE, draw_slate
from bwv_device.media.steady_camera import SteadyCamera
from hal.errors import DeviceClosedError, DeviceLostError, DeviceMissingError
from hal.interfaces.camera import Frame
from tests.unit.media.media_packets import S, video
from tests.unit.media.media_socket import (
    FRAME_NS,
    MODE,
    REAL,
    Socket,
    other,
    searching,
    wait_until,
)


@pytest.fixture
def socket() -> Socket:
    return Socket()


@pytest.fixture
def camera(socket: Socket) -> Iterator[SteadyCamera]:
    steady = SteadyCamera(socket.camera, socket.clock, socket.lost.append, socket.returned.append)
    yield steady
    steady.close()
    wait_until(lambda: not searching())
    assert socket.still_open() == 0


def started(camera: SteadyCamera, socket: Socket, frames: int = 7) -> list[Frame]:
    """A camera that has given so many frames."""
    assert camera.start(socket.clock.monotonic_ns()) == MODE
    return socket.watch(camera, frames / 10)


def is_slate(frame: Frame) -> bool:
    return int(frame.pixels[0, 0]) == BLACK


def lost(frames: list[Frame]) -> int:
    """What the recorder counts as lost."""
    count = FrameCount()
    for frame in frames:
        count.lost_before(frame)
    return count.lost


def gaps(frames: list[Frame]) -> list[int]:
    """Frames missing between each two real ones, by their times."""
    real = [frame for frame in frames if not is_slate(frame)]
    return [round((b.capture_ns - a.capture_ns) / FRAME_NS) - 1 for a, b in pairwise(real)]


def assert_in_order(frames: list[Frame]) -> None:
    assert all(a.capture_ns < b.capture_ns for a, b in pairwise(frames))
    assert all(a.sequence < b.sequence for a, b in pairwise(frames))


@pytest.mark.parametrize("before", [1, 7, 30])
@pytest.mark.parametrize("away_s", [0.05, 0.9, 1.0, 3.3, 21.0])
def test_a_camera_comes_back_by_itself_and_what_was_lost_is_counted(
    camera: SteadyCamera, socket: Socket, before: int, away_s: float
) -> None:
    frames = started(camera, socket, before)
    socket.plugged = False
    frames += socket.watch(camera, away_s)
    socket.plugged = True
    frames += socket.watch(camera, 3)
    assert_in_order(frames)
    assert lost(frames) == sum(gaps(frames)) == max(gaps(frames)) >= 9
    assert len(socket.lost) == len(socket.returned) == 1 and "unplugged" in socket.lost[0]
    assert socket.returned == [pytest.approx((max(gaps(frames)) + 1) / 10, abs=0.06)]
    assert not is_slate(frames[-1]) and socket.still_open() == 1


def test_slates_come_five_a_second_and_carry_the_time_of_the_last_picture(
    camera: SteadyCamera, socket: Socket
) -> None:
    last = started(camera, socket)[-1]
    socket.clock.step_utc_s(3600)
    socket.plugged = False
    slates = socket.watch(camera, 10)
    assert len(slates) == pytest.approx(50, abs=1) and all(map(is_slate, slates))
    now_ns = socket.clock.monotonic_ns()
    since_ns = last.capture_ns + socket.clock.utc_ns() - now_ns
    expected = draw_slate(MODE.width_px, MODE.height_px, since_ns)
    assert all(np.array_equal(slate.pixels, expected) for slate in slates)
    assert 0 <= now_ns - slates[-1].capture_ns < S // 5


def test_packets_of_slates_are_marked_also_when_they_come_later_than_their_pictures(
    camera: SteadyCamera, socket: Socket
) -> None:
    frames = started(camera, socket)
    socket.plugged = False
    frames += socket.watch(camera, 3.3)
    socket.plugged = True
    frames += socket.watch(camera, 3)
    packets = [camera.marked(video(frame.capture_ns)) for frame in frames]
    assert [packet.is_slate for packet in packets] == [is_slate(frame) for frame in frames]
    assert any(packet.is_slate for packet in packets) and not packets[-1].is_slate


def test_a_slate_may_be_drawn_on(camera: SteadyCamera, socket: Socket) -> None:
    started(camera, socket)
    socket.plugged = False
    first, second = socket.watch(camera, 0.45)[:2]
    first.pixels[:] = 0
    assert second.pixels.min() == BLACK


def test_a_camera_that_falls_silent_is_lost_after_two_seconds(
    camera: SteadyCamera, socket: Socket
) -> None:
    frames = started(camera, socket)
    socket.silent = True
    assert socket.watch(camera, 1.9) == [] and socket.lost == []
    frames += socket.watch(camera, 3)
    assert len(socket.lost) == 1 and "no frame for 2.0 s" in socket.lost[0]
    assert socket.opened[0].closed
    socket.silent = False
    frames += socket.watch(camera, 3)
    assert lost(frames) == max(gaps(frames))
    assert_in_order(frames)


def test_a_camera_that_never_comes_back_is_counted_as_it_goes(
    camera: SteadyCamera, socket: Socket
) -> None:
    frames = started(camera, socket)
    socket.plugged = False
    frames += socket.watch(camera, 30)
    assert lost(frames) == pytest.approx(300, abs=4)
    assert socket.returned == []


def test_a_camera_of_another_size_is_refused_once_and_searched_on(
    camera: SteadyCamera, socket: Socket
) -> None:
    frames = started(camera, socket)
    socket.plugged = False
    frames += socket.watch(camera, 1)
    socket.plugged, socket.mode = True, other(MODE)
    frames += socket.watch(camera, 5)
    assert len(socket.lost) == 2 and "256x96" in socket.lost[1] and "128x96" in socket.lost[1]
    assert is_slate(frames[-1]) and socket.still_open() == 0 and len(socket.opened) > 4
    socket.mode = MODE
    frames += socket.watch(camera, 2)
    assert not is_slate(frames[-1]) and len(socket.returned) == 1
    assert {frame.pixels.shape for frame in frames} == {(144, 128)}


def test_a_camera_that_comes_and_goes_is_counted_each_time(
    camera: SteadyCamera, socket: Socket
) -> None:
    frames = started(camera, socket)
    for _ in range(8):
        socket.plugged = False
        frames += socket.watch(camera, 0.7)
        socket.plugged = True
        frames += socket.watch(camera, 0.6)
    frames += socket.watch(camera, 2)
    assert_in_order(frames)
    assert lost(frames) == sum(gaps(frames))
    assert 3 <= len(socket.lost) == len(socket.returned) <= 8


@pytest.mark.parametrize("failure", [DeviceLostError("gone again"), ZeroDivisionError("odd")])
def test_a_camera_that_fails_while_it_is_opened_again_is_closed_and_tried_again(
    camera: SteadyCamera, socket: Socket, failure: Exception
) -> None:
    started(camera, socket)
    socket.plugged = False
    socket.watch(camera, 0.5)
    socket.plugged, socket.failure = True, failure
    assert is_slate(socket.watch(camera, 1)[-1])
    assert socket.still_open() == 0 and len(socket.opened) == 2
    assert not is_slate(socket.watch(camera, 1)[-1])


def test_a_lost_camera_that_fails_to_close_is_searched_for_all_the_same(
    camera: SteadyCamera, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(camera, socket)
    first = socket.opened[0]

    def close() -> None:
        first.closed = True
        raise ZeroDivisionError("in the driver")

    monkeypatch.setattr(first, "close", close)
    socket.plugged = False
    socket.watch(camera, 0.5)
    socket.plugged = True
    assert not is_slate(socket.watch(camera, 2)[-1])


def test_a_camera_that_opens_again_and_gives_nothing_is_tried_again(
    camera: SteadyCamera, socket: Socket
) -> None:
    started(camera, socket)
    socket.plugged = False
    socket.watch(camera, 0.5)
    socket.plugged = socket.silent = True
    assert is_slate(socket.watch(camera, 4)[-1]) and socket.still_open() == 0
    socket.silent = False
    assert not is_slate(socket.watch(camera, 1.2)[-1])


def test_holes_of_the_camera_itself_stay_holes_after_its_return(
    camera: SteadyCamera, socket: Socket
) -> None:
    frames = started(camera, socket)
    socket.plugged = False
    frames += socket.watch(camera, 2)
    socket.plugged = True
    frames += socket.watch(camera, 2)
    before = lost(frames)
    inner = socket.opened[-1]
    inner._sequence += 3  # type: ignore[union-attr]
    assert lost(frames + socket.watch(camera, 1)) == before + 3


# Before the first frame, and the end


def test_a_camera_that_does_not_start_fails_as_it_is(camera: SteadyCamera, socket: Socket) -> None:
    socket.plugged = False
    with pytest.raises(DeviceMissingError, match="nothing is plugged in"):
        camera.start(0)
    assert socket.lost == []


def test_what_gave_no_picture_yet_is_not_lost_but_failed(
    camera: SteadyCamera, socket: Socket
) -> None:
    camera.start(0)
    socket.silent = True
    assert socket.watch(camera, 10) == []
    socket.plugged = False
    with pytest.raises(DeviceLostError, match="unplugged"):
        camera.read(0)
    assert socket.lost == []


def test_a_foreign_error_is_not_taken_for_a_pulled_plug(
    camera: SteadyCamera, socket: Socket
) -> None:
    started(camera, socket)
    socket.failure = ZeroDivisionError("in the driver")
    with pytest.raises(ZeroDivisionError):
        camera.read(0)


def test_a_camera_closed_while_it_is_opened_again_is_closed_when_that_returns(
    camera: SteadyCamera, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reopener, "PATIENCE_S", 0.02)
    started(camera, socket)
    socket.plugged = False
    socket.watch(camera, 0.5)
    socket.plugged, socket.hang = True, threading.Event()
    socket.clock.advance_s(1)
    wait_until(lambda: len(socket.opened) == 2)
    camera.close()
    assert socket.still_open() == 1
    socket.hang.set()
    wait_until(lambda: not searching())
    assert socket.still_open() == 0


def test_a_camera_that_was_found_and_never_read_is_closed(
    camera: SteadyCamera, socket: Socket
) -> None:
    started(camera, socket)
    socket.plugged = False
    socket.watch(camera, 0.5)
    socket.plugged = True
    socket.clock.advance_s(1)
    wait_until(lambda: not searching())
    assert socket.still_open() == 1
    camera.close()
    assert socket.still_open() == 0 and socket.returned == []


def test_a_closed_camera_can_not_be_read_and_closing_twice_is_allowed(
    camera: SteadyCamera, socket: Socket
) -> None:
    with pytest.raises(DeviceClosedError):
        camera.read(0)
    started(camera, socket)
    camera.close()
    camera.close()
    with pytest.raises(DeviceClosedError):
        camera.read(0)


# The slate


@pytest.mark.parametrize("size", [(64, 64), (640, 480), (1280, 720), (1920, 1080)])
def test_a_slate_is_black_with_large_text_and_no_colour(size: tuple[int, int]) -> None:
    width_px, height_px = size
    picture = draw_slate(width_px, height_px, 1_800_000_000 * S)
    luma, chroma = picture[:height_px], picture[height_px:]
    assert (chroma == NEUTRAL).all() and luma.min() == BLACK
    rows = np.flatnonzero((luma > REAL).any(axis=1))
    columns = np.flatnonzero((luma > REAL).any(axis=0))
    assert luma.max() <= WHITE and columns[-1] - columns[0] > 0.7 * width_px
    assert rows[0] > 0 and rows[-1] < height_px - 1 and columns[-1] < width_px - 1


def test_a_slate_says_since_when() -> None:
    one, same, later = (
        draw_slate(640, 480, 1_800_000_000 * S + after_ns) for after_ns in (0, S - 1, S)
    )
    assert np.array_equal(one, same) and not np.array_equal(one, later)


def test_a_mode_of_another_rate_is_taken(camera: SteadyCamera, socket: Socket) -> None:
    started(camera, socket)
    socket.plugged = False
    socket.watch(camera, 0.5)
    socket.plugged, socket.mode = True, replace(MODE, rate_hz=MODE.rate_hz * 2)
    assert not is_slate(socket.watch(camera, 2)[-1])
