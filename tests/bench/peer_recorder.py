"""A recorder around one of the others' rings: one loop that reads, encodes and hands over.

Used by `recorder_peer_run.py`.
"""

import threading
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from bwv_device.media.encoders.interface import Picture
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.packets import EncodedPacket
from hal.interfaces.clock import NS_PER_S, Clock
from tests.bench.paced_camera import FRAME_NS, PacedCamera
from tests.bench.peer_rings import PEERS, Captured
from tests.bench.recorder_footage import RATE_HZ, Size
from tests.bench.recorder_record import configuration

TICKS_PER_S = 90_000
_READ_S = 1.0


@dataclass(frozen=True)
class Written:
    """What a clip holds, on the monotonic clock."""

    first_ns: int
    end_ns: int
    left_out: int = 0
    """Frames that were captured and not encoded, on purpose."""


class Peer:
    """The loop around a peer's ring; `begin` and `end` come from the wearer's thread."""

    def __init__(
        self,
        approach: str,
        size: Size,
        camera: PacedCamera,
        clock: Clock,
        folder: Path,
        length_s: float,
    ) -> None:
        self._camera, self._folder = camera, folder
        mode = camera.start(clock.monotonic_ns())
        video = configuration(size, folder).video
        self._encoder = X264Encoder(mode, video, clock.monotonic_ns())
        self._ring = PEERS[approach](length_s, RATE_HZ, self._encode)
        self._lock = threading.Lock()
        self._clip: PlainClip | None = None
        self.written: list[Written] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._loop, name="capture", daemon=True)

    def begin(self, _trigger_ns: int) -> None:
        """Open a clip."""
        path = self._folder / f"{len(self.written)}.mp4"
        with self._lock:
            self._clip = PlainClip(path, self._encoder.stream)
            self._ring.open(self._clip.write)

    def end(self, _stop_ns: int) -> None:
        """Close it."""
        with self._lock:
            self._ring.close()
            assert self._clip is not None
            self.written.append(self._clip.close())

    def _loop(self) -> None:
        while not self.ended.is_set():
            frame = self._camera.read(_READ_S)
            if frame is not None:
                with self._lock:
                    self._ring.take(Captured(frame.pixels, frame.capture_ns))

    def _encode(self, picture: Picture, capture_ns: int) -> EncodedPacket:
        return self._encoder.encode(picture, capture_ns, 0)[0]


class PlainClip:
    """A plain MP4 of the packets that it is given."""

    def __init__(self, path: Path, template: VideoStream) -> None:
        self._path = path
        self._container = av.open(str(path), "w", format="mp4")
        self._stream = self._container.add_stream_from_template(template)
        self._times_ns: list[int] = []

    def write(self, packet: EncodedPacket) -> None:
        """Add a packet."""
        raw = av.Packet(packet.data)
        raw.stream, raw.time_base = self._stream, Fraction(1, TICKS_PER_S)
        first_ns = self._times_ns[0] if self._times_ns else packet.time_ns
        raw.pts = raw.dts = round((packet.time_ns - first_ns) * TICKS_PER_S / NS_PER_S)
        raw.is_keyframe = packet.is_key
        self._container.mux(raw)
        self._times_ns.append(packet.time_ns)

    def close(self) -> Written:
        """End it; what it holds, once the file has been seen to hold it."""
        self._container.close()
        with av.open(str(self._path)) as container:
            frames = sum(packet.pts is not None for packet in container.demux(video=0))
        if frames != len(self._times_ns):
            raise SystemExit(f"{self._path.name} has {frames} of {len(self._times_ns)} frames")
        return Written(self._times_ns[0], self._times_ns[-1] + FRAME_NS)
