"""Silence for the part of a clip whose sound is not kept.

Who uses it: the keeper, for pre-record without sound, and the take, for the moments before a
microphone's first block. Without it the sound track would begin later than the picture, which
fragmented MP4 can say, and which ffprobe 5.1 then adds to the length of the file: a clip of
7.17 s with 3.17 s of silent pre-record was read as 10.31 s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.error import FFmpegError

from bwv_device.configuration.media import Sound
from bwv_device.media.encoded_stream import open_stream
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.clock import NS_PER_S

FRAME_SAMPLES = 1024
"""Samples of one AAC frame."""

_SETTLED = 4
"""Frames until nothing of the encoder's start is left in what it gives."""


@dataclass(frozen=True, slots=True)
class Silence:
    """One silent AAC frame, and how long it lasts."""

    data: bytes
    duration_ns: int

    def between(self, start_ns: int, end_ns: int) -> Iterator[EncodedPacket]:
        """Silent packets, one after another, the last one ending at `end_ns` and none of them
        beginning before `start_ns`."""
        count = max(0, (end_ns - start_ns) // self.duration_ns)
        for left in range(count, 0, -1):
            time_ns = end_ns - left * self.duration_ns
            yield EncodedPacket(
                Track.SOUND, time_ns, self.duration_ns, True, self.data, is_silence=True
            )


def make_silence(settings: Sound) -> Silence:
    """Encode silence as the sound encoder would. Raises `EncoderError`."""

    def configure(stream: AudioStream) -> None:
        stream.codec_context.bit_rate = settings.bitrate_bps
        stream.codec_context.layout = "mono"

    stream = open_stream("aac", AudioStream, configure, rate=settings.rate_hz)
    data = b""
    try:
        for index in range(_SETTLED):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, FRAME_SAMPLES), np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate = settings.rate_hz
            frame.time_base = Fraction(1, settings.rate_hz)
            frame.pts = index * FRAME_SAMPLES
            for packet in stream.encode(frame):
                data = bytes(packet)
    except FFmpegError as error:
        raise EncoderError(f"the AAC encoder refused silence: {error}") from error
    return Silence(data, FRAME_SAMPLES * NS_PER_S // settings.rate_hz)
