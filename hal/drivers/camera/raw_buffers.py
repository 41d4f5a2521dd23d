"""Which of a V4L2 camera's own formats are handed on as they are, and what they have to be like.

Who uses it: the `opencv` camera. OpenCV would make BGR of everything, of which the recorder
would make YUV again; the roads from here are in `bwv_device/media/roads.py`.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from hal.drivers.camera.v4l2_format import V4l2Format, read_format
from hal.errors import DeviceMissingError
from hal.interfaces.camera import CameraMode, ColourMatrix, ColourRange, PixelFormat, frame_shape

RAW_FORMATS = {
    "YU12": PixelFormat.I420,
    "NV12": PixelFormat.NV12,
    "YUYV": PixelFormat.YUYV422,
    "MJPG": PixelFormat.MJPEG,
    "JPEG": PixelFormat.MJPEG,
}
"""By the camera's own name (fourcc), the shortest road first."""

_LINE_BYTES = {PixelFormat.I420: 1, PixelFormat.NV12: 1, PixelFormat.YUYV422: 2}
"""Bytes a pixel in the first plane."""
_JPEG_BEGINS = (0xFF, 0xD8)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a capture was brought to deliver."""

    mode: CameraMode
    range: ColourRange = ColourRange.LIMITED

    def pixels_of(self, picture: npt.NDArray[np.generic] | None) -> npt.NDArray[np.uint8] | None:
        """What OpenCV retrieved as `Frame.pixels`; None for a buffer that can't be a picture of
        the mode: of another size, or a JPEG without its beginning."""
        if picture is None:
            return None
        mode = self.mode
        pixels = np.asarray(picture, np.uint8)
        if mode.format is PixelFormat.MJPEG:
            pixels = pixels.reshape(-1)
            return pixels if tuple(pixels[:2].tolist()) == _JPEG_BEGINS else None
        shape = frame_shape(mode.format, mode.width_px, mode.height_px)
        return pixels if pixels.shape == shape else None


def fourcc_of(capture: cv2.VideoCapture) -> str:
    """The camera's format on the wire, four characters."""
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    return code.to_bytes(4, "little", signed=code < 0).decode("latin-1")


def agree_delivery(capture: cv2.VideoCapture, device: Path | None, mode: CameraMode) -> Delivery:
    """Let `capture` give raw buffers where the format that was agreed has a road of its own,
    BGR otherwise. `device` is None for one that is no V4L2 device: OpenCV decodes it itself.

    Raises `DeviceMissingError` for a camera that pads its lines: OpenCV takes no notice, and
    each line of the picture would be shifted against the one above.
    """
    kind = RAW_FORMATS.get(fourcc_of(capture))
    is_even = mode.width_px % 2 == 0 and mode.height_px % 2 == 0
    if device is None or kind is None or not is_even:
        return Delivery(mode)
    told = read_format(device)
    _require_tight(told, kind, mode.width_px, device)
    if not capture.set(cv2.CAP_PROP_CONVERT_RGB, 0):
        return Delivery(mode)
    if told is None or kind is PixelFormat.MJPEG:
        return Delivery(replace(mode, format=kind, matrix=ColourMatrix.BT601))
    return Delivery(replace(mode, format=kind, matrix=told.matrix), told.range)


def _require_tight(told: V4l2Format | None, kind: PixelFormat, width_px: int, device: Path) -> None:
    tight_bytes = _LINE_BYTES.get(kind, 0) * width_px
    if told is not None and tight_bytes and told.line_bytes != tight_bytes:
        raise DeviceMissingError(
            f"{device} pads its lines of {tight_bytes} bytes to {told.line_bytes}, which OpenCV"
            " can't read: ask it for another width, or for fourcc MJPG"
        )
