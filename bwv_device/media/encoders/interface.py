"""What an encoder of the picture is to the rest of the recorder.

Who uses it: the picture loop drives one, the clip writer copies its stream, and each module of
this folder that ends in a codec's or a program's name is one.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream

from bwv_device.configuration.media import Video
from bwv_device.media.packets import EncodedPacket
from hal.interfaces.camera import CameraMode

TICKS_PER_S = 90_000
"""Frames are timed by capture, not by count; 90 kHz is the field's usual time base."""

Picture = npt.NDArray[np.uint8]
"""I420, shape (height * 3 // 2, width), limited range."""


class VideoEncoder(Protocol):
    """Pictures in, H.264 access units out, in order and without B-frames; one thread uses it.

    Its first packet is a key frame, and there is one at least every key frame interval of
    capture time. A picture never vanishes: it comes out, with the capture time and the losses
    that it went in with, or there is an `EncoderError`.
    """

    @property
    def stream(self) -> VideoStream:
        """The template for a clip's track, codec data included, from the beginning on."""

    def encode(self, picture: Picture, capture_ns: int, lost_before: int) -> list[EncodedPacket]:
        """Take a picture in; what has come out, which may be pictures before it, or nothing
        yet. Raises `EncoderError`."""

    def finish(self) -> list[EncodedPacket]:
        """What was still on its way, all of it; only `close` may follow. Raises
        `EncoderError`."""

    def close(self) -> None:
        """Let go of everything; fine the second time. Never raises."""


MakeEncoder = Callable[[CameraMode, Video, int], VideoEncoder]
"""Opens an encoder for a mode, by settings, with time zero at an instant (monotonic ns).
Raises `EncoderError` when it is not there or refuses the mode."""
