"""Memory of the pre-record ring against the bytes of the packets in it, and of others' rings.

Used by the benchmark of the recorder, which runs `main` in a process of its own for each ring,
size and length. Packets have the sizes that the encoder gave for real footage; they come and go for
one and a half lengths of the ring, so that what a turning ring wastes is in the figure.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import count, product
from pathlib import Path

import numpy as np

from bwv_device.configuration.media import PreRecord
from bwv_device.configuration.model import Configuration
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.ring import Ring
from hal.interfaces.camera import CameraMode, PixelFormat
from hal.interfaces.clock import NS_PER_S
from tests.bench.peer_rings import Captured, DelayLine
from tests.bench.recorder_footage import (
    FULL_HD,
    RATE_HZ,
    SIZES,
    SOUND_HZ,
    Size,
    write_pictures,
)
from tests.bench.report import Row, at_most

_CHILD = "from tests.bench.recorder_memory import main; main()"
LENGTHS_S = (10, 30, 60, 120)
_SOUND_NS = 1024 * NS_PER_S // SOUND_HZ
_SOUND_BYTES = 256
"""An AAC frame of 1024 samples at 96 kbit/s."""
_MOST_BYTES = 1 << 30
OURS, DELAY_LINE, RAW = "the recorder", "picamera2 CircularOutput2", "raw pictures"
RAW_LENGTHS_S = (1, 2, 5)
"""Longer ones would not fit into a small machine."""
Pattern = list[tuple[int, bool]]
"""Bytes of each packet, and whether it is a key frame."""


@dataclass(frozen=True)
class Held:
    """A full ring."""

    ring: str
    size: str
    length_s: int
    payload_bytes: int
    resident_bytes: int
    """By how much the process has grown for it."""

    @property
    def ratio(self) -> float:
        return self.resident_bytes / self.payload_bytes


def measure_rings() -> list[Held]:
    """Every ring, size and length, each in a fresh process."""
    return [held for size in SIZES for held in _rings_of(size)]


def memory_rows(rings: list[Held]) -> list[Row]:
    """The worst ratio, and the size of the largest ring; what raw pictures take beside it."""
    ours = [held for held in rings if held.ring == OURS]
    worst = max(ours, key=lambda held: held.ratio)
    largest = _one(rings, OURS, LENGTHS_S[-1])
    delayed, raw = _one(rings, DELAY_LINE, LENGTHS_S[-1]), _one(rings, RAW, RAW_LENGTHS_S[-1])
    what = "ring memory / bytes of its packets"
    return [
        at_most(f"{what}, worst", worst.ratio, "", 1.15, max(
            held.ratio for held in rings if held.ring == DELAY_LINE)),
        *(
            Row(f"{what}, {held.size}, {held.length_s} s", held.ratio, "", None,
                _one(rings, DELAY_LINE, held.length_s, held.size).ratio)
            for held in ours
        ),
        Row("packets of a ring of 120 s of 1080p30", largest.payload_bytes / 1e6, "MB"),
        at_most("ring of 120 s of 1080p30", largest.resident_bytes / 1e6, "MB", 150.0,
                delayed.resident_bytes / 1e6),
        Row(f"ring of raw pictures, {raw.length_s} s of 1080p30", raw.resident_bytes / 1e6, "MB"),
    ]  # fmt: skip


def _one(rings: list[Held], ring: str, length_s: int, size: str = FULL_HD.name) -> Held:
    wanted = (ring, size, length_s)
    return next(held for held in rings if (held.ring, held.size, held.length_s) == wanted)


def _rings_of(size: Size) -> Iterator[Held]:
    with tempfile.TemporaryDirectory(prefix="bwv-bench-") as name:
        sizes = Path(name) / "sizes.json"
        sizes.write_text(json.dumps(_packet_sizes(size, Path(name))))
        for ring, length_s in (
            *product((OURS, DELAY_LINE), LENGTHS_S),
            *product((RAW,), RAW_LENGTHS_S),
        ):
            command = [sys.executable, "-c", _CHILD, ring, size.name, str(length_s), str(sizes)]
            told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            yield Held(**json.loads(told))


def _packet_sizes(size: Size, folder: Path) -> Pattern:
    """(bytes, is it a key frame) of each packet of the footage, encoded twice over: the second
    time, when the rate control has settled, counts."""
    path = write_pictures(size, folder)
    shape = (-1, size.height_px * 3 // 2, size.width_px)
    frames = np.memmap(path, np.uint8, "r").reshape(shape)
    mode = CameraMode(size.width_px, size.height_px, Fraction(RATE_HZ), PixelFormat.I420)
    settings = Configuration().video.model_copy(update={"bitrate_bps": size.bitrate_bps})
    encoder = X264Encoder(mode, settings, 0)
    whole = len(frames) // RATE_HZ * RATE_HZ
    packets = [
        encoder.encode(np.array(frames[number % whole]), number * NS_PER_S // RATE_HZ, 0)[0]
        for number in range(2 * whole)
    ]
    path.unlink()
    return [(len(packet.data), packet.is_key) for packet in packets[whole:]]


def main() -> None:
    """RING SIZE LENGTH_S SIZES_FILE; the ring held, as JSON."""
    ring, name, length, sizes = sys.argv[1:]
    pattern = [
        (int(bytes_), bool(is_key)) for bytes_, is_key in json.loads(Path(sizes).read_text())
    ]
    gc.collect()
    before = resident_bytes()
    # What is held is held up to here.
    payload, _held = _FILL[ring](name, int(length), pattern)
    resident = resident_bytes() - before
    print(json.dumps(asdict(Held(ring, name, int(length), payload, resident))))


def _fill_ours(_size: str, length_s: int, pattern: Pattern) -> tuple[int, object]:
    """The bytes held, and the ring."""
    ring = Ring(PreRecord(length_s=length_s, byte_ceiling=_MOST_BYTES, sound=True))
    for packet in _packets(pattern, 1.5 * length_s + 2):
        ring.add(packet)
    return ring.bytes, ring


def _fill_delay_line(_size: str, length_s: int, pattern: Pattern) -> tuple[int, object]:
    """The same packets in the way of picamera2."""
    packets = _packets(pattern, 1.5 * length_s + 2)
    ring = DelayLine(length_s, RATE_HZ, lambda _picture, _capture_ns: next(packets))
    nothing = Captured(np.empty(0, np.uint8), 0)
    with suppress(StopIteration):
        while True:
            ring.take(nothing)
    return ring.bytes, ring


def _fill_raw(size: str, length_s: int, _pattern: Pattern) -> tuple[int, object]:
    """Pictures in I420."""
    frame_bytes = next(each for each in SIZES if each.name == size).frame_bytes
    raw = [np.full(frame_bytes, 16, np.uint8) for _ in range(length_s * RATE_HZ)]
    return sum(len(picture) for picture in raw), raw


_FILL: dict[str, Callable[[str, int, Pattern], tuple[int, object]]] = {
    OURS: _fill_ours,
    DELAY_LINE: _fill_delay_line,
    RAW: _fill_raw,
}


def _packets(pattern: Pattern, seconds_s: float) -> Iterator[EncodedPacket]:
    """Pictures and sound in order of time, each with bytes of its own."""
    sound_ns = 0
    for number in count():
        time_ns = number * NS_PER_S // RATE_HZ
        if time_ns > seconds_s * NS_PER_S:
            return
        while sound_ns <= time_ns:
            data = os.urandom(_SOUND_BYTES)
            yield EncodedPacket(Track.SOUND, sound_ns, _SOUND_NS, True, data)
            sound_ns += _SOUND_NS
        bytes_, is_key = pattern[number % len(pattern)]
        data = os.urandom(bytes_)
        yield EncodedPacket(Track.VIDEO, time_ns, NS_PER_S // RATE_HZ, is_key, data)


def resident_bytes() -> int:
    """Of this process, from Linux's own account."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
