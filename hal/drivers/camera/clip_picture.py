"""Turns decoded frames of any kind into the I420 planes of one mode; used by the file camera.

The usual case, 8 bit 4:2:0, is copied plane by plane; all else goes through swscale.
"""

from fractions import Fraction
from typing import cast

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from hal.interfaces.camera import CameraMode, ColourMatrix, PixelFormat

# Figures of ITU-T H.273, as FFmpeg uses them.
_LIMITED, _FULL = 1, 2
_BT709, _BT601_CODES, _BT2020_CODES = 1, (4, 5, 6), (9, 10)
_HD_HEIGHT_PX = 720
"""From this height on players take untagged pictures for BT.709."""


class PictureMaker:
    """Makes all frames of a clip look like its first."""

    def __init__(self, first: VideoFrame, rate_hz: Fraction) -> None:
        """The mode follows from the `first` frame: its size made even, upright, its matrix."""
        self._quarter_turns = round(first.rotation / 90) % 4
        self._width_px, self._height_px = first.width & ~1, first.height & ~1
        size = (self._width_px, self._height_px)
        width_px, height_px = size if self._quarter_turns % 2 == 0 else size[::-1]
        self.mode = CameraMode(width_px, height_px, rate_hz, PixelFormat.I420, _matrix(first))

    def pixels(self, frame: VideoFrame) -> npt.NDArray[np.uint8]:
        """A new I420 array of the mode: shape (height * 3 // 2, width)."""
        source = frame if self._fits(frame) else self._converted(frame)
        pixels = np.empty((self.mode.height_px * 3 // 2, self.mode.width_px), np.uint8)
        for target, plane in zip(self._planes(pixels), source.planes, strict=True):
            target[:] = np.rot90(_lines(plane), self._quarter_turns)
        return pixels

    def _planes(self, pixels: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.uint8]]:
        width, height = self.mode.width_px, self.mode.height_px
        u, v = pixels[height:].reshape(2, height // 2, width // 2)
        return [pixels[:height], u, v]

    def _fits(self, frame: VideoFrame) -> bool:
        same_size = (frame.width, frame.height) == (self._width_px, self._height_px)
        same_kind = frame.format.name == "yuv420p" and frame.color_range != _FULL
        return same_size and same_kind and frame.colorspace not in _BT2020_CODES

    def _converted(self, frame: VideoFrame) -> VideoFrame:
        wide = frame.colorspace in _BT2020_CODES
        return frame.reformat(
            self._width_px,
            self._height_px,
            "yuv420p",
            src_colorspace=frame.colorspace if wide else None,
            dst_colorspace=_BT709 if wide else None,
            dst_color_range=_LIMITED,
        )


def _lines(plane: VideoPlane) -> npt.NDArray[np.uint8]:
    """The plane without its padding, not copied: shape (height, width)."""
    padded = np.frombuffer(cast("memoryview[int]", plane), np.uint8)
    lines = padded[: plane.line_size * plane.height].reshape(plane.height, plane.line_size)
    return lines[:, : plane.width]


def _matrix(frame: VideoFrame) -> ColourMatrix:
    """As tagged; swscale makes BT.601 of RGB, and BT.709 was asked of it for BT.2020."""
    return ColourMatrix.BT601 if frame.format.is_rgb else matrix_of(frame.colorspace, frame.height)


def matrix_of(colorspace: int, height_px: int) -> ColourMatrix:
    """As tagged, with one of ITU-T H.273's numbers; by the height where it is not."""
    if colorspace in _BT601_CODES:
        return ColourMatrix.BT601
    tagged = colorspace == _BT709 or colorspace in _BT2020_CODES
    return ColourMatrix.BT709 if tagged or height_px >= _HD_HEIGHT_PX else ColourMatrix.BT601
