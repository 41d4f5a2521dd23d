"""What the sources of the `h264` camera have in common: mode and frames."""

from fractions import Fraction

import numpy as np
from av.video.stream import VideoStream

from hal.drivers.camera.clip_picture import matrix_of
from hal.drivers.camera.h264_units import Unit
from hal.errors import DeviceMissingError
from hal.interfaces.camera import CameraMode, Frame, PixelFormat

_USUAL_RATE_HZ = Fraction(30)
_MOST_RATE_HZ = 1000


def stream_mode(stream: VideoStream, title: str, wished_hz: Fraction | None) -> CameraMode:
    """What the stream says of itself. Raises `DeviceMissingError` for one without a size."""
    context = stream.codec_context
    if not context.width or not context.height:
        raise DeviceMissingError(
            f"{title} sent no key frame while it was looked at: let it send one each second"
        )
    told_hz = stream.average_rate or stream.guessed_rate
    is_sane = told_hz is not None and 0 < told_hz <= _MOST_RATE_HZ
    rate_hz = told_hz if told_hz is not None and is_sane else wished_hz or _USUAL_RATE_HZ
    matrix = matrix_of(context.colorspace, context.height)
    return CameraMode(context.width, context.height, rate_hz, PixelFormat.H264, matrix)


def h264_frame(unit: Unit, capture_ns: int, sequence: int) -> Frame:
    """The unit's bytes, copied, so that the receiver owns them."""
    pixels = np.frombuffer(bytearray(unit.data), np.uint8)
    return Frame(pixels, PixelFormat.H264, capture_ns, sequence)
