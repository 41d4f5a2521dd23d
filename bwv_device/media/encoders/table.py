"""The encoders there are, as data, in order of preference.

Who uses it: the choice. What the configuration calls an encoder is its name here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bwv_device.media.encoders.ffmpeg_process import FfmpegEncoder
from bwv_device.media.encoders.interface import MakeEncoder
from bwv_device.media.encoders.v4l2m2m import V4l2m2mEncoder
from bwv_device.media.encoders.x264 import X264Encoder

PRESETS = ("veryfast", "superfast", "ultrafast")
"""x264's presets that a choice is made from, the slowest first: it gives the best picture for
the bits."""


@dataclass(frozen=True, slots=True)
class EncoderKind:
    """An encoder by name. `presets` is empty for one that has none."""

    name: str
    make: MakeEncoder
    presets: tuple[str, ...] = ()
    is_last_resort: bool = False
    """Tried only when no other encodes at all: it can't be faster than they are."""


ENCODERS: Sequence[EncoderKind] = (
    EncoderKind("x264", X264Encoder, PRESETS),
    EncoderKind("v4l2m2m", V4l2m2mEncoder),
    EncoderKind("ffmpeg", FfmpegEncoder, PRESETS, is_last_resort=True),
)
