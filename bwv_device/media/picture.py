"""Brings a camera's frames to I420, which is what the overlay and the encoders take.

Who uses it: the picture loop.
"""

import logging

import numpy as np
import numpy.typing as npt

from bwv_device.media.errors import DamagedFrameError
from bwv_device.media.roads import limit_range, make_roads
from hal.interfaces.camera import CameraMode, ColourRange, Frame, PixelFormat, frame_shape

log = logging.getLogger(__name__)

Plane = npt.NDArray[np.uint8]

_SETTLED = (PixelFormat.BGR24, PixelFormat.MJPEG)
"""Formats whose road has settled the range already."""


class ToI420:
    """For the frames of one session, whatever their format: a camera that was plugged in again
    may have chosen another one, and slates are I420. One thread uses it."""

    def __init__(self, mode: CameraMode) -> None:
        self._size = (mode.width_px, mode.height_px)
        self._roads = make_roads(*self._size)
        self.damaged = 0
        """Frames that held no picture."""

    def picture(self, frame: Frame) -> Plane | None:
        """The frame as I420 of shape (height * 3 // 2, width), limited range, the camera's
        matrix; the frame's own array where that is possible.

        None for a frame that holds no picture, which is counted here and logged.
        """
        try:
            self._check_shape(frame)
            picture = self._roads[frame.format](frame.pixels)
        except DamagedFrameError as error:
            self._count(error)
            return None
        if frame.range is ColourRange.FULL and frame.format not in _SETTLED:
            return limit_range(picture, self._size[1])
        return picture

    def _check_shape(self, frame: Frame) -> None:
        if frame.format not in self._roads:
            raise DamagedFrameError(f"{frame.format} where pictures are expected")
        wanted = frame_shape(frame.format, *self._size)
        if wanted is not None and frame.pixels.shape != wanted:
            shape = frame.pixels.shape
            raise DamagedFrameError(f"a buffer of shape {shape} instead of {wanted}")

    def _count(self, error: DamagedFrameError) -> None:
        """The first in full; of many, each power of ten."""
        self.damaged += 1
        if self.damaged in (1, 10, 100, 1_000, 10_000):
            log.warning("the camera gave %s, damaged frames so far: %s", error, self.damaged)
