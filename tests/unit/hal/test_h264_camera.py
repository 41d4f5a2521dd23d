"""The h264 camera beyond the contract: groups, streams that change, what is no H.264."""

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.drivers.camera.arrival_time import ArrivalTime
from hal.drivers.camera.h264 import H264Camera
from hal.drivers.camera.h264_units import leading_kinds
from hal.drivers.camera.v4l2_control import force_key_frame
from hal.drivers.clock.system import SystemClock
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceLostError, DeviceMissingError, DriverOptionError
from hal.interfaces.camera import Frame
from hal.interfaces.clock import NS_PER_S
from tests.contract.h264_clips import H264Clip, served

MS = 1_000_000


def is_key(frame: Frame) -> bool:
    return leading_kinds(frame.pixels.tobytes())[-1] == 5


def all_due(camera: H264Camera) -> Iterator[Frame]:
    while (frame := camera.read(0)) is not None:
        yield frame


def test_a_late_start_begins_with_the_next_key_frame(tmp_path: Path) -> None:
    clock = VirtualClock()
    camera = H264Camera(clock, source=str(H264Clip(gop=10).write(tmp_path / "a.mp4")))
    clock.advance_s(0.13)
    camera.start(0)
    clock.advance_s(0.5)
    first, *rest = all_due(camera)
    assert first.capture_ns == 400 * MS and is_key(first)
    assert [frame.sequence - first.sequence for frame in rest] == list(range(1, len(rest) + 1))
    camera.close()


def test_a_reader_that_was_too_late_goes_on_with_a_key_frame_and_sees_the_hole(
    tmp_path: Path,
) -> None:
    clock = VirtualClock()
    camera = H264Camera(clock, source=str(H264Clip(gop=10).write(tmp_path / "a.mp4")))
    camera.start(0)
    first = camera.read(0)
    clock.advance_s(2.5)
    assert camera.read(0) is None
    clock.advance_s(0.4)
    second = camera.read(0)
    assert first is not None and second is not None
    assert is_key(second)
    assert second.sequence - first.sequence == second.capture_ns * 25 // NS_PER_S
    camera.close()


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".h264"])
def test_whatever_holds_the_units_key_frames_have_their_parameter_sets(
    suffix: str, tmp_path: Path
) -> None:
    clock = VirtualClock()
    camera = H264Camera(clock, source=str(H264Clip(gop=10).write(tmp_path / f"a{suffix}")))
    camera.start(0)
    frames = []
    for _ in range(29):
        clock.advance_s(0.04)
        frames += all_due(camera)
    camera.close()
    assert len(frames) >= 28
    keys = [frame for frame in frames if is_key(frame)]
    assert len(keys) == 3
    for key in keys:
        assert {7, 8} <= set(leading_kinds(key.pixels.tobytes()))


def test_pictures_out_of_order_are_refused_at_the_start(tmp_path: Path) -> None:
    clip = H264Clip(b_frames=2).write(tmp_path / "b.mp4")
    with pytest.raises(DeviceMissingError, match=r"B-frames.*encode it without"):
        H264Camera(VirtualClock(), source=str(clip)).start(0)


def test_another_codec_is_named(tmp_path: Path) -> None:
    clip = H264Clip(codec="mpeg4").write(tmp_path / "a.mp4")
    with pytest.raises(DeviceMissingError, match=r"delivers mpeg4, not H\.264.*opencv"):
        H264Camera(VirtualClock(), source=str(clip)).start(0)


def test_the_end_of_a_stream_is_a_lost_device_once_all_of_it_was_read(tmp_path: Path) -> None:
    with served(H264Clip(frames=40).write(tmp_path / "a.ts")) as address:
        camera = H264Camera(SystemClock(), source=address)
        camera.start(0)
        frames: list[Frame] = []
        with pytest.raises(DeviceLostError, match="ended after 40 pictures"):
            while True:
                frame = camera.read(20.0)
                assert frame is not None
                frames.append(frame)
        camera.close()
    assert [frame.sequence for frame in frames] == list(range(40))


def test_a_reader_that_is_too_slow_for_a_stream_finds_a_hole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(H264Clip(frames=200, gop=200).write(tmp_path / "a.ts")) as address:
        camera = H264Camera(SystemClock(), source=address)
        camera.start(0)
        # All of it has come when its thread has ended.
        for thread in threading.enumerate():
            if thread.name == "h264 camera":
                thread.join(20)
        frames = []
        with pytest.raises(DeviceLostError):
            while True:
                frame = camera.read(0)
                assert frame is not None
                frames.append(frame)
        camera.close()
    assert [frame.sequence for frame in frames] == list(range(64))
    assert "too slow for 136 frames" in caplog.text


@pytest.mark.parametrize("options", [{"width_px": 0}, {"rate_hz": 0}, {"backlog_s": 0}])
def test_senseless_wishes_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(DriverOptionError, match=next(iter(options))):
        H264Camera(VirtualClock(), **options)  # type: ignore[arg-type]


def test_what_is_no_device_can_not_be_asked_for_key_frames(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not force_key_frame(tmp_path / "file")
    assert not force_key_frame(tmp_path / "none")


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (b"", []),
        (b"junk", []),
        (b"\0\0\1", []),
        (b"\0\0\0\1\x67a\0\0\1\x68b\0\0\1\x65c\0\0\1\x41d", [7, 8, 5]),
        (b"\0\0\1\x09\0\0\1\x41d", [9, 1]),
    ],
)
def test_kinds_are_read_up_to_the_first_slice(data: bytes, kinds: list[int]) -> None:
    assert leading_kinds(data) == kinds


# Arrivals


def test_jitter_of_the_way_is_not_in_the_capture_times() -> None:
    times = ArrivalTime()
    delays_ms = [5, 40, 12, 80, 5, 7, 60, 5]
    own_ns = [n * 40 * MS for n in range(len(delays_ms))]
    came = [
        times.capture_ns(own + delay * MS, own)
        for own, delay in zip(own_ns, delays_ms, strict=True)
    ]
    assert [each - own for each, own in zip(came, own_ns, strict=True)] == pytest.approx(
        [5 * MS] * len(came), abs=0.2 * MS
    )


def test_a_clock_that_drifts_is_followed() -> None:
    times = ArrivalTime()
    for drift in (1.0002, 0.9998):
        for number in range(25 * 600):
            own_ns = number * 40 * MS
            came_ns = times.capture_ns(int(own_ns * drift) + 10 * MS, own_ns)
        assert came_ns == pytest.approx(int(own_ns * drift) + 10 * MS, abs=1 * MS)
        times = ArrivalTime()


def test_a_stream_that_begins_anew_is_followed_at_once() -> None:
    times = ArrivalTime()
    times.capture_ns(100 * NS_PER_S, 90 * NS_PER_S)
    assert times.capture_ns(101 * NS_PER_S, 0) == 101 * NS_PER_S


@given(
    arrivals=st.lists(
        st.tuples(st.integers(1, 10**9), st.none() | st.integers(-(10**12), 10**12)), max_size=40
    )
)
def test_captures_rise_and_lie_not_behind_their_arrivals(
    arrivals: list[tuple[int, int | None]],
) -> None:
    times, now_ns = ArrivalTime(), 0
    came = []
    for step_ns, own_ns in arrivals:
        now_ns += step_ns
        came.append(times.capture_ns(now_ns, own_ns))
        assert came[-1] <= now_ns
    assert all(before < after for before, after in pairwise(came))
