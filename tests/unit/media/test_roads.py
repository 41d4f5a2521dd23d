"""Each road to I420 against a reference in floating point, and what a damaged buffer costs."""

import logging
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.media.picture import ToI420
from hal.interfaces.camera import (
    CameraMode,
    ColourMatrix,
    ColourRange,
    Frame,
    PixelFormat,
    frame_shape,
)
from tests.unit.media.media_formats import (
    furthest,
    i420_of,
    jpeg_of,
    limited,
    line_means,
    nv12_of,
    smooth_planes,
    yuyv_of,
)

SIZES = [(64, 48), (320, 240), (1280, 720), (1366, 768), (70, 34)]
"""The last two leave padding at the end of FFmpeg's lines."""
FULL = ColourRange.FULL


def roads(width_px: int, height_px: int) -> ToI420:
    mode = CameraMode(width_px, height_px, Fraction(30), PixelFormat.YUYV422, ColourMatrix.BT601)
    return ToI420(mode)


def brought(
    pixels: np.ndarray,
    kind: PixelFormat,
    size: tuple[int, int],
    colours: ColourRange = ColourRange.LIMITED,
) -> np.ndarray:
    picture = roads(*size).picture(Frame(pixels, kind, 0, 0, colours))
    assert picture is not None
    assert picture.shape == (size[1] * 3 // 2, size[0])
    assert picture.dtype == np.uint8 and picture.flags.c_contiguous
    return picture


@pytest.mark.parametrize("size", SIZES)
def test_yuyv_keeps_its_luma_and_takes_the_mean_of_two_lines_of_chroma(
    size: tuple[int, int],
) -> None:
    y, u, v = smooth_planes(*size)
    made = brought(yuyv_of(y, u, v), PixelFormat.YUYV422, size)
    assert np.array_equal(made[: size[1]], y)
    assert furthest(made, i420_of(y, line_means(u), line_means(v))) <= 1


@pytest.mark.parametrize("size", SIZES)
def test_nv12_comes_through_bit_by_bit(size: tuple[int, int]) -> None:
    y, u, v = smooth_planes(*size)
    made = brought(nv12_of(y, u, v), PixelFormat.NV12, size)
    assert np.array_equal(made, i420_of(y, u[0::2, 0::2], v[0::2, 0::2]))


def test_nv12_is_taken_apart_in_its_own_memory() -> None:
    pixels = nv12_of(*smooth_planes(64, 48))
    assert np.shares_memory(brought(pixels, PixelFormat.NV12, (64, 48)), pixels)


@pytest.mark.parametrize("kind", [PixelFormat.NV12, PixelFormat.YUYV422, PixelFormat.I420])
def test_a_buffer_that_lies_scattered_in_memory_is_read_right(kind: PixelFormat) -> None:
    y, u, v = smooth_planes(64, 48)
    tight = {
        PixelFormat.NV12: nv12_of(y, u, v),
        PixelFormat.YUYV422: yuyv_of(y, u, v),
        PixelFormat.I420: i420_of(y, u[0::2, 0::2], v[0::2, 0::2]),
    }[kind]
    wide = np.zeros((tight.shape[0], tight.shape[1] + 10, *tight.shape[2:]), np.uint8)
    wide[:, : tight.shape[1]] = tight
    scattered = wide[:, : tight.shape[1]]
    expected = brought(tight.copy(), kind, (64, 48))
    assert not scattered.flags.c_contiguous
    assert np.array_equal(brought(scattered, kind, (64, 48)), expected)


@pytest.mark.parametrize("kind", [PixelFormat.NV12, PixelFormat.YUYV422, PixelFormat.I420])
def test_buffers_of_the_full_range_are_brought_to_the_limited_one(kind: PixelFormat) -> None:
    y, u, v = smooth_planes(320, 240)
    y[:2], y[2:4] = 0, 255
    pixels = {
        PixelFormat.NV12: nv12_of(y, u, v),
        PixelFormat.YUYV422: yuyv_of(y, u, v),
        PixelFormat.I420: i420_of(y, u[0::2, 0::2], v[0::2, 0::2]),
    }[kind]
    as_it_was = brought(pixels.copy(), kind, (320, 240)).copy()
    made = brought(pixels.copy(), kind, (320, 240), FULL)
    assert furthest(made, limited(as_it_was, 240)) <= 1
    assert (made[:2].max(), made[2:4].min()) == (16, 235)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("format", ["yuvj420p", "yuvj422p"])
def test_a_jpeg_is_brought_to_the_limited_range(format: str, size: tuple[int, int]) -> None:
    y, u, v = smooth_planes(*size)
    full = i420_of(y, u[0::2, 0::2], v[0::2, 0::2])
    made = brought(jpeg_of(full, size[1], format), PixelFormat.MJPEG, size)
    # What the JPEG itself changed is in it too, at its best quality.
    assert furthest(made, limited(full, size[1])) <= 8
    assert abs(float(made.astype(int).mean() - limited(full, size[1]).mean())) < 0.3


def test_black_and_white_of_a_jpeg_are_those_of_video() -> None:
    for full, video in ((0, 16), (255, 235)):
        plain = np.full((96, 64), 128, np.uint8)
        plain[:64] = full
        made = brought(jpeg_of(plain, 64), PixelFormat.MJPEG, (64, 64))
        assert abs(int(made[:64].min()) - video) <= 1 and abs(int(made[:64].max()) - video) <= 1
        assert furthest(made[64:], np.full((32, 64), 128, np.uint8)) <= 1


def test_a_jpeg_of_another_kind_goes_through_swscale() -> None:
    y, u, v = smooth_planes(64, 48)
    full = i420_of(y, u[0::2, 0::2], v[0::2, 0::2])
    made = brought(jpeg_of(full, 48, "yuvj444p"), PixelFormat.MJPEG, (64, 48))
    assert furthest(made[:48], limited(full, 48)[:48]) <= 8


def jpeg() -> np.ndarray:
    y, u, v = smooth_planes(320, 240)
    return jpeg_of(i420_of(y, u[0::2, 0::2], v[0::2, 0::2]), 240)


@given(share=st.floats(0, 0.99))
def test_a_torn_jpeg_is_lost_and_the_next_one_is_not(share: float) -> None:
    whole = jpeg()
    to_i420 = roads(320, 240)
    torn = whole[: int(share * len(whole))]
    assert to_i420.picture(Frame(torn, PixelFormat.MJPEG, 0, 0)) is None
    assert to_i420.picture(Frame(whole, PixelFormat.MJPEG, 1, 1)) is not None
    assert to_i420.damaged == 1


@given(junk=st.binary(max_size=400))
def test_junk_is_lost_without_an_error(junk: bytes) -> None:
    to_i420 = roads(320, 240)
    pixels = np.frombuffer(junk, np.uint8)
    assert to_i420.picture(Frame(pixels, PixelFormat.MJPEG, 0, 0)) is None
    assert to_i420.damaged == 1


def test_a_jpeg_of_another_size_is_lost() -> None:
    to_i420 = roads(64, 48)
    assert to_i420.picture(Frame(jpeg(), PixelFormat.MJPEG, 0, 0)) is None
    assert to_i420.damaged == 1


@pytest.mark.parametrize("kind", [kind for kind in PixelFormat if frame_shape(kind, 64, 48)])
def test_a_buffer_of_the_wrong_size_is_lost(kind: PixelFormat) -> None:
    to_i420 = roads(64, 48)
    for width_px, height_px in ((64, 46), (62, 48), (128, 96)):
        shape = frame_shape(kind, width_px, height_px)
        assert shape is not None
        assert to_i420.picture(Frame(np.zeros(shape, np.uint8), kind, 0, 0)) is None
    assert to_i420.picture(Frame(np.zeros(4608, np.uint8), kind, 0, 0)) is None
    assert to_i420.damaged == 4


def test_h264_has_no_road_and_is_lost_where_pictures_are_expected() -> None:
    to_i420 = roads(64, 48)
    unit = np.frombuffer(b"\0\0\1\x65", np.uint8)
    assert to_i420.picture(Frame(unit, PixelFormat.H264, 0, 0)) is None
    assert to_i420.damaged == 1


def test_damage_is_logged_at_once_and_then_more_and_more_seldom(
    caplog: pytest.LogCaptureFixture,
) -> None:
    to_i420 = roads(64, 48)
    with caplog.at_level(logging.WARNING):
        for number in range(150):
            to_i420.picture(Frame(np.zeros(5, np.uint8), PixelFormat.YUYV422, number, number))
    assert [record.getMessage().rsplit(" ", 1)[1] for record in caplog.records] == [
        "1",
        "10",
        "100",
    ]
    assert "(5,) instead of (48, 64, 2)" in caplog.records[0].getMessage()


def test_a_session_may_change_its_format_from_frame_to_frame() -> None:
    y, u, v = smooth_planes(64, 48)
    to_i420 = roads(64, 48)
    for number in range(2):
        for pixels, kind in (
            (yuyv_of(y, u, v), PixelFormat.YUYV422),
            (nv12_of(y, u, v), PixelFormat.NV12),
            (i420_of(y, u[0::2, 0::2], v[0::2, 0::2]), PixelFormat.I420),
        ):
            made = to_i420.picture(Frame(pixels, kind, number, number))
            assert made is not None and np.array_equal(made[:48], y)


def test_each_yuyv_picture_has_memory_of_its_own() -> None:
    y, u, v = smooth_planes(64, 48)
    to_i420 = roads(64, 48)
    first = to_i420.picture(Frame(yuyv_of(y, u, v), PixelFormat.YUYV422, 0, 0))
    assert first is not None
    kept = first.copy()
    to_i420.picture(Frame(np.zeros((48, 64, 2), np.uint8), PixelFormat.YUYV422, 1, 1))
    assert np.array_equal(first, kept)
