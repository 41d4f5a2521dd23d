"""From any camera's pixels to I420: the colours stay, and nothing is copied in vain."""

import numpy as np
import pytest

from bwv_device.media.picture import to_i420
from hal.interfaces.camera import Frame, PixelFormat
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


def test_i420_is_passed_on_as_it_is() -> None:
    pixels = plain()
    assert to_i420(frame(pixels, PixelFormat.I420)) is pixels


def test_i420_that_lies_scattered_in_memory_is_gathered() -> None:
    pixels = np.zeros((96, 128), np.uint8)[:, ::2]
    made = to_i420(frame(pixels, PixelFormat.I420))
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
    shapes = {PixelFormat.I420: (96, 48), PixelFormat.BGR24: (64, 48, 3)}
    for kind in PixelFormat:
        made = to_i420(frame(np.zeros(shapes[kind], np.uint8), kind))
        assert made.shape == (96, 48) and made.dtype == np.uint8
