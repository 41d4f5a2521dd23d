"""Brings a camera's frame to I420, which is what the overlay and the encoder take."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from hal.interfaces.camera import Frame, PixelFormat

Plane = npt.NDArray[np.uint8]


def _from_bgr(pixels: Plane) -> Plane:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420), np.uint8)


_ROADS: dict[PixelFormat, Callable[[Plane], Plane]] = {
    PixelFormat.I420: np.ascontiguousarray,
    PixelFormat.BGR24: _from_bgr,
}


def to_i420(frame: Frame) -> Plane:
    """The frame as I420 of shape (height * 3 // 2, width), BT.601 limited range; the same
    array where it is that already."""
    return _ROADS[frame.format](frame.pixels)
