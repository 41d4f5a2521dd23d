"""H.264 as a camera that encodes sends it: access units with SPS and PPS at each key frame."""

from fractions import Fraction

import av
import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext

from hal.interfaces.camera import Frame, PixelFormat
from tests.unit.media.media_packets import MS
from tests.unit.media.media_pictures import plain

WIDTH_PX, HEIGHT_PX = 64, 64


def units(count: int, *, gop: int = 5, level: str = "3.1", seed: int = 0) -> list[bytes]:
    """So many pictures, each greyer than the one before; another level has other parameter
    sets."""
    context = CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
    context.time_base, context.gop_size, context.max_b_frames = Fraction(1, 10), gop, 0
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "sc_threshold": "0",
        "level": level,
    }
    made = []
    for number in range(count):
        picture = plain(40 + (seed + 3 * number) % 150, WIDTH_PX, HEIGHT_PX)
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts = number
        made += [bytes(packet) for packet in context.encode(frame)]
    assert len(made) == count
    return made


def unit_frame(data: bytes, number: int, at_ms: int | None = None) -> Frame:
    """As a driver delivers it; ten a second when no time is given."""
    pixels = np.frombuffer(bytearray(data), np.uint8)
    capture_ns = (number * 100 if at_ms is None else at_ms) * MS
    return Frame(pixels, PixelFormat.H264, capture_ns, number)


def luma_of(number: int, seed: int = 0) -> int:
    """The grey of the n-th picture of `units`."""
    return 40 + (seed + 3 * number) % 150
