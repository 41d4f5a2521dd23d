"""The H.264 encoder of a board's chip (V4L2 memory to memory), inside PyAV.

Who uses it: the table of encoders. Boards like the Pi 4 have one; it was not run on a board
yet. It states SPS and PPS only in-band, and gives a picture's packet a few pictures later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import av
import numpy as np
from av.codec.context import CodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from bwv_device.configuration.media import Video
from bwv_device.media.encoders.in_band import InBandTrack
from bwv_device.media.encoders.in_flight import InFlight
from bwv_device.media.encoders.interface import Picture
from bwv_device.media.encoders.key_schedule import KeySchedule
from bwv_device.media.encoders.pyav_frames import configure_context, ticks, to_frame
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket
from hal.interfaces.camera import CameraMode
from hal.interfaces.clock import NS_PER_S

MOST_WAITING = 32
"""FFmpeg's own queue into the chip holds 16 pictures, that out of it 4; more than both together
inside means that nothing comes out."""


@dataclass(frozen=True, slots=True)
class InBandCodec:
    """An encoder of FFmpeg that states its parameter sets in-band, and its options."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)


CHIP = InBandCodec("h264_v4l2m2m")


class V4l2m2mEncoder:
    """The chip's encoder; one thread uses it."""

    def __init__(
        self, mode: CameraMode, settings: Video, epoch_ns: int, codec: InBandCodec = CHIP
    ) -> None:
        """Raises `EncoderError` when there is no such chip here or it refuses the mode."""
        self._codec, self._mode, self._epoch_ns = codec, mode, epoch_ns
        frame_ns = round(NS_PER_S / mode.rate_hz)
        self._in_flight = InFlight(frame_ns, MOST_WAITING)
        self._keys = KeySchedule(frame_ns, round(settings.key_frame_interval_s * NS_PER_S))
        # The parameter sets are needed before the first picture: a first run shows them.
        first_key = _first_packet(_open(codec, mode, settings), mode, codec)
        self._track = InBandTrack(first_key, self._in_flight)
        self.stream = self._track.stream
        self._context: VideoCodecContext | None = _open(codec, mode, settings)
        self._last_tick = -1

    def encode(self, picture: Picture, capture_ns: int, lost_before: int) -> list[EncodedPacket]:
        """Take a picture in; the packets that have come out. Raises `EncoderError`."""
        # Two captures may fall on one tick; a driver wants them to rise.
        self._last_tick = max(ticks(capture_ns - self._epoch_ns), self._last_tick + 1)
        try:
            is_key = self._keys.is_due(capture_ns)
            frame = to_frame(picture, self._mode, self._last_tick, is_key=is_key)
        except ValueError as error:
            raise EncoderError(f"{self._codec.name} refused a picture: {error}") from error
        self._in_flight.enter(capture_ns, lost_before)
        return self._run(frame)

    def finish(self) -> list[EncodedPacket]:
        """The pictures that still wait in the chip. Raises `EncoderError`."""
        packets = self._run(None)
        self._in_flight.check_empty()
        return packets

    def close(self) -> None:
        """Let go of the chip."""
        self._context = None

    def _run(self, frame: av.VideoFrame | None) -> list[EncodedPacket]:
        if self._context is None:
            raise EncoderError(f"{self._codec.name} is closed")
        try:
            packets = self._context.encode(frame)
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"{self._codec.name} refused a picture: {error}") from error
        return [self._track.packet(bytes(packet)) for packet in packets]


def _open(codec: InBandCodec, mode: CameraMode, settings: Video) -> VideoCodecContext:
    try:
        context = CodecContext.create(codec.name, "w")
        assert isinstance(context, VideoCodecContext)
        configure_context(context, mode, settings)
        context.options = dict(codec.options)
        context.open()
    except (FFmpegError, ValueError) as error:
        raise EncoderError(
            f"the encoder {codec.name} can't be opened: {error}; run `bwv doctor`"
        ) from error
    return context


def _first_packet(context: VideoCodecContext, mode: CameraMode, codec: InBandCodec) -> bytes:
    """What comes out first of grey pictures. Raises `EncoderError`."""
    shape = (mode.height_px * 3 // 2, mode.width_px)
    grey = np.full(shape, 128, np.uint8)
    try:
        for number in range(MOST_WAITING):
            tick = ticks(round(number * NS_PER_S / mode.rate_hz))
            for packet in context.encode(to_frame(grey, mode, tick, is_key=number == 0)):
                return bytes(packet)
        for packet in context.encode(None):
            return bytes(packet)
    except (FFmpegError, ValueError) as error:
        raise EncoderError(f"{codec.name} refused a grey picture: {error}") from error
    raise EncoderError(f"{codec.name} takes pictures and gives nothing")
