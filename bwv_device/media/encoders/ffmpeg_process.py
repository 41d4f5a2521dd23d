"""The program `ffmpeg` as encoder: the last resort, where PyAV came without libx264.

Who uses it: the table of encoders. Pictures go in as raw video with their times (NUT), so that
key frames come by time of capture; Annex B comes out. An access unit's end shows only when the
next one begins, so packets come one or two pictures later. The program has no B-frames and no
lookahead, which makes the n-th access unit that of the n-th picture.
"""

from fractions import Fraction

import av
import numpy as np
from av.codec.context import CodecContext
from av.error import FFmpegError
from av.video.stream import VideoStream

from bwv_device.configuration.media import Video
from bwv_device.media.encoders.child_process import ChildProcess
from bwv_device.media.encoders.in_band import InBandTrack
from bwv_device.media.encoders.in_flight import InFlight
from bwv_device.media.encoders.interface import TICKS_PER_S, Picture
from bwv_device.media.encoders.pyav_frames import MATRICES, ticks, to_frame
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket
from hal.interfaces.camera import CameraMode
from hal.interfaces.clock import NS_PER_S

PROGRAM = "ffmpeg"
MOST_WAITING = 12
"""Pictures inside the program before a new one has to wait for one to come out; small ones all
fit into the pipe."""

_NUT = {"write_index": "0", "syncpoints": "none", "strict": "-2", "flush_packets": "1"}
"""Nothing that grows with the length of the stream, on either side of the pipe."""


class FfmpegEncoder:
    """One run of the program; one thread uses it."""

    def __init__(
        self, mode: CameraMode, settings: Video, epoch_ns: int, program: str = PROGRAM
    ) -> None:
        """Raises `EncoderError` when the program is not there or refuses the mode."""
        self._epoch_ns = epoch_ns
        self._in_flight = InFlight(round(NS_PER_S / mode.rate_hz), MOST_WAITING)
        command = _command(program, mode, settings)
        self._track = InBandTrack(_first_access_unit(command, mode), self._in_flight)
        self.stream: VideoStream = self._track.stream
        self._frames = _RawFrames(mode)
        self._cutter = _Cutter()
        # Last, so that nothing that fails here leaves a program behind.
        self._program = ChildProcess(command)
        self._last_tick = -1

    def encode(self, picture: Picture, capture_ns: int, lost_before: int) -> list[EncodedPacket]:
        """Take a picture in; the packets that have come out. Raises `EncoderError`."""
        self._last_tick = max(ticks(capture_ns - self._epoch_ns), self._last_tick + 1)
        data = self._frames.wrap(picture, self._last_tick)
        packets = []
        while len(self._in_flight) >= MOST_WAITING:
            packets += self._packets(self._program.wait_for_output())
        self._in_flight.enter(capture_ns, lost_before)
        return packets + self._packets(self._program.exchange(data))

    def finish(self) -> list[EncodedPacket]:
        """The pictures that are still in the program, which ends. Raises `EncoderError`."""
        packets = self._packets(self._program.finish())
        packets += [self._track.packet(unit) for unit in self._cutter.rest()]
        self._in_flight.check_empty()
        return packets

    def close(self) -> None:
        """End the program."""
        self._program.close()

    def _packets(self, data: bytes) -> list[EncodedPacket]:
        return [self._track.packet(unit) for unit in self._cutter.cut(data)]


class _RawFrames:
    """Wraps pictures, each with its time, for the program's input."""

    def __init__(self, mode: CameraMode) -> None:
        self._mode = mode
        self._sink = _Sink()
        try:
            self._container = av.open(self._sink, "w", format="nut", options=_NUT)
            self._stream = self._container.add_stream("rawvideo", rate=mode.rate_hz)
            context = self._stream.codec_context
            context.width, context.height = mode.width_px, mode.height_px
            context.pix_fmt = "yuv420p"
            context.time_base = self._stream.time_base = Fraction(1, TICKS_PER_S)
            self._container.start_encoding()
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"raw video of {mode} can't be wrapped: {error}") from error

    def wrap(self, picture: Picture, tick: int) -> bytes:
        """The bytes of one picture, those of the head before the first. Raises
        `EncoderError`."""
        try:
            self._container.mux(
                self._stream.encode(to_frame(picture, self._mode, tick, is_key=False))
            )
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"{PROGRAM} is refused a picture: {error}") from error
        return self._sink.take()


class _Sink:
    """A file that is handed on as it is written."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def take(self) -> bytes:
        data, self._data = bytes(self._data), bytearray()
        return data


class _Cutter:
    """Cuts a stream of bytes into access units, by FFmpeg's own parser."""

    def __init__(self) -> None:
        self._parser = CodecContext.create("h264", "r")

    def cut(self, data: bytes) -> list[bytes]:
        """The access units that `data` completes."""
        # An empty call would mean the end of the stream.
        return [bytes(packet) for packet in self._parser.parse(data)] if data else []

    def rest(self) -> list[bytes]:
        """The last one, which no other follows."""
        return [bytes(packet) for packet in self._parser.parse(None)]


def _first_access_unit(command: list[str], mode: CameraMode) -> bytes:
    """What the program makes of one grey picture. Raises `EncoderError`."""
    program, cutter = ChildProcess(command), _Cutter()
    try:
        grey = np.full((mode.height_px * 3 // 2, mode.width_px), 128, np.uint8)
        came = program.exchange(_RawFrames(mode).wrap(grey, 0)) + program.finish()
    finally:
        program.close()
    units = cutter.cut(came) + cutter.rest()
    if len(units) != 1:
        raise EncoderError(f"{command[0]} gave {len(units)} access units for one picture")
    return units[0]


def _command(program: str, mode: CameraMode, settings: Video) -> list[str]:
    tag = {6: "smpte170m", 1: "bt709"}[MATRICES[mode.matrix]]
    colours = f"range=tv:color_primaries={tag}:color_trc={tag}:colorspace={tag}"
    near_s = settings.key_frame_interval_s - float(1 / (2 * mode.rate_hz))
    keys = f"expr:if(isnan(prev_forced_t),1,gte(t-prev_forced_t,{near_s:.6f}))"
    start = f"{program} -nostdin -hide_banner -loglevel error -probesize 32 -analyzeduration 0"
    into = "-f nut -i pipe:0 -map 0:v:0 -fps_mode passthrough -enc_time_base 1:90000"
    x264 = f"-c:v libx264 -preset {settings.preset} -tune zerolatency -threads 1 -bf 0"
    rate = f"-b:v {settings.bitrate_bps} -g {max(1, round(10 * mode.rate_hz))}"
    out = "-forced-idr 1 -sc_threshold 0 -x264-params aud=1 -flush_packets 1 -f h264 pipe:1"
    return [
        *start.split(),
        *into.split(),
        *("-vf", f"setparams={colours}", "-force_key_frames", keys),
        *(x264 + " " + rate + " " + out).split(),
    ]
