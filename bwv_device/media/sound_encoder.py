"""Encodes sound against the capture clock: blocks in, AAC packets out.

Who uses it: the sound thread. A microphone's own clock drifts against the camera's (0.72 s an
hour at 200 ppm), so samples are stretched to where their capture times say they belong,
by FFmpeg's `aresample` with the settings that were measured to hold within one block.
"""

from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.filter import Graph

from bwv_device.configuration.media import Sound
from bwv_device.media.encoded_stream import open_stream
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.clock import NS_PER_S
from hal.interfaces.microphone import AudioBlock, MicrophoneMode

_RESAMPLE = "async=1000:min_hard_comp=0.1:first_pts=0"
"""`async=1` did not correct drift in the measurements; this held +/-200 ppm to one block."""

_LAYOUTS = {1: "mono", 2: "stereo"}


class SoundEncoder:
    """AAC, one channel, through PyAV; one thread uses it."""

    def __init__(self, mode: MicrophoneMode, settings: Sound) -> None:
        """Raises `EncoderError` for more than two channels, or without an AAC encoder."""
        if mode.channels not in _LAYOUTS:
            raise EncoderError(f"the microphone has {mode.channels} channels: configure one or two")
        self._mode, self._settings = mode, settings
        self._base_ns: int | None = None
        self.stream = open_stream("aac", AudioStream, self._configure, rate=settings.rate_hz)
        self._graph, self._source, self._sink = self._build_graph()

    def encode(self, block: AudioBlock) -> list[EncodedPacket]:
        """Encode a block; its packets may come with a later one. Raises `EncoderError`."""
        if self._base_ns is None:
            self._base_ns = block.capture_ns
        frame = av.AudioFrame.from_ndarray(
            block.samples.reshape(1, -1), format="s16", layout=_LAYOUTS[self._mode.channels]
        )
        frame.sample_rate = self._mode.rate_hz
        frame.time_base = Fraction(1, self._mode.rate_hz)
        frame.pts = round((block.capture_ns - self._base_ns) * self._mode.rate_hz / NS_PER_S)
        try:
            self._source.push(frame)
            return [self._packet(packet) for packet in self._drain()]
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"the AAC encoder refused a block of sound: {error}") from error

    def flush(self) -> list[EncodedPacket]:
        """What the resampler and the encoder still hold; nothing can be encoded after it."""
        if self._base_ns is None:
            return []
        try:
            self._source.push(None)
            return [self._packet(packet) for packet in [*self._drain(), *self.stream.encode(None)]]
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"the AAC encoder could not be ended: {error}") from error

    def _drain(self) -> "list[av.Packet[AudioStream]]":
        packets: list[av.Packet[AudioStream]] = []
        while True:
            try:
                resampled = self._sink.pull()
            except (av.BlockingIOError, av.EOFError):
                return packets
            assert isinstance(resampled, av.AudioFrame)
            packets += self.stream.encode(resampled)

    def _packet(self, packet: "av.Packet[AudioStream]") -> EncodedPacket:
        assert self._base_ns is not None and packet.pts is not None
        rate_hz = self._settings.rate_hz
        return EncodedPacket(
            Track.SOUND,
            self._base_ns + packet.pts * NS_PER_S // rate_hz,
            (packet.duration or 0) * NS_PER_S // rate_hz,
            True,
            bytes(packet),
        )

    def _configure(self, stream: AudioStream) -> None:
        stream.codec_context.bit_rate = self._settings.bitrate_bps
        stream.codec_context.layout = "mono"
        stream.codec_context.time_base = Fraction(1, self._settings.rate_hz)

    def _build_graph(self) -> tuple[Graph, "av.filter.FilterContext", "av.filter.FilterContext"]:
        graph = Graph()
        source = graph.add_abuffer(
            format="s16",
            sample_rate=self._mode.rate_hz,
            layout=_LAYOUTS[self._mode.channels],
            time_base=Fraction(1, self._mode.rate_hz),
        )
        resample = graph.add("aresample", f"{self._settings.rate_hz}:{_RESAMPLE}")
        shape = graph.add("aformat", "sample_fmts=fltp:channel_layouts=mono")
        sink = graph.add("abuffersink")
        graph.link_nodes(source, resample, shape, sink).configure()
        return graph, source, sink
