"""Frames and stream settings for encoders that run inside PyAV.

Who uses it: those encoders, and the one that sends frames to a program.
"""

from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from bwv_device.configuration.media import Video
from bwv_device.media.encoders.interface import TICKS_PER_S, Picture
from hal.interfaces.camera import CameraMode, ColourMatrix
from hal.interfaces.clock import NS_PER_S

MATRICES = {ColourMatrix.BT601: 6, ColourMatrix.BT709: 1}
LIMITED = 1
"""FFmpeg's numbers (those of ITU-T H.273) for how the camera's planes stand for colours.
Untagged, players take BT.709 at 720 lines and above, and the colours of BT.601 shift."""

_TIME_BASE = Fraction(1, TICKS_PER_S)


def ticks(since_epoch_ns: int) -> int:
    """Nanoseconds as ticks of the encoders' time base."""
    return round(since_epoch_ns * TICKS_PER_S / NS_PER_S)


def to_frame(picture: Picture, mode: CameraMode, tick: int, *, is_key: bool) -> av.VideoFrame:
    """The picture as a frame that shares its memory. Raises `ValueError` for a wrong shape."""
    shape = (mode.height_px * 3 // 2, mode.width_px)
    if picture.shape != shape:
        # PyAV would scale it without a word.
        raise ValueError(f"its shape is {picture.shape}, not {shape}")
    frame = av.VideoFrame.from_numpy_buffer(picture, "yuv420p")
    frame.pts, frame.time_base = tick, _TIME_BASE
    if is_key:
        frame.pict_type = PictureType.I
    return frame


def configure_context(context: VideoCodecContext, mode: CameraMode, settings: Video) -> None:
    """Size, rate, colours and what all encoders have in common: no B-frames, and key frames
    only where they are asked for."""
    context.width, context.height = mode.width_px, mode.height_px
    context.pix_fmt = "yuv420p"
    context.framerate = mode.rate_hz
    context.time_base = _TIME_BASE
    context.bit_rate = settings.bitrate_bps
    context.max_b_frames = 0
    context.gop_size = max(1, round(10 * mode.rate_hz))
    # More threads cut the picture into slices and cost bits; one is enough at 720p.
    context.thread_count = 1
    context.colorspace = context.color_primaries = context.color_trc = MATRICES[mode.matrix]
    context.color_range = LIMITED
