"""From any camera's pixels to I420: the colours stay, and nothing is copied in vain."""

from fractions import Fraction

import numpy as np
import pytest

from bwv_device.media.picture import ToI420
from hal.interfaces.camera import CameraMode, Frame, PixelFormat, frame_shape
from tests.unit.media.media_formats import jpeg_of
from tests.unit.media.media_pictures import plain

BARS = {
    "white": ((255, 255, 255), (235, 128, 128)),
    "black": ((0, 0, 0), (16, 128, 128)),
    "blue": ((255, 0, 0), (41, 240, 110)),
    "green": ((0, 255, 0), (145, 54, 34)),
    "red": ((0, 0, 255), (81, 90, 240)),
}
"""BGR, and Y, Cb, Cr of BT.601 in the limited range (ITU-R BT.601-7, table 3)."""


def frame(pixels: np.ndarray, kind: PixelFormat) -> Frame:
    return Frame(pixels, kind, 0, 0)


def to_i420(given: Frame, width_px: int = 48) -> np.ndarray:
    """By the roads of a camera of 64 lines."""
    made = ToI420(CameraMode(width_px, 64, Fraction(30), given.format)).picture(given)
    assert made is not None
    return made


def test_i420_is_passed_on_as_it_is() -> None:
    pixels = plain()
    assert to_i420(frame(pixels, PixelFormat.I420), 64) is pixels


def test_i420_that_lies_scattered_in_memory_is_gathered() -> None:
    pixels = np.zeros((96, 128), np.uint8)[:, ::2]
    made = to_i420(frame(pixels, PixelFormat.I420), 64)
    assert made.flags.c_contiguous and np.array_equal(made, pixels)


@pytest.mark.parametrize("colour", BARS)
def test_bgr_becomes_bt601_of_limited_range(colour: str) -> None:
    bgr, (luma, blue, red) = BARS[colour]
    made = to_i420(frame(np.full((64, 48, 3), bgr, np.uint8), PixelFormat.BGR24))
    assert made.shape == (96, 48)
    u, v = made[64:].reshape(2, 32, 24)
    for plane, expected in ((made[:64], luma), (u, blue), (v, red)):
        assert np.abs(plane.astype(int) - expected).max() <= 1


def test_every_format_that_a_camera_may_have_has_its_road() -> None:
    picture = np.full((96, 48), 128, np.uint8)
    for kind in set(PixelFormat) - {PixelFormat.H264}:
        shape = frame_shape(kind, 48, 64)
        pixels = jpeg_of(picture, 64) if shape is None else np.zeros(shape, np.uint8)
        made = to_i420(frame(pixels, kind))
        assert made.shape == (96, 48) and made.dtype == np.uint8
