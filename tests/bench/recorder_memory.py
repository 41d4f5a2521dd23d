"""Memory of the pre-record ring against the bytes of the packets in it.

Used by the benchmark of the recorder, which runs `main` in a process of its own for each size
and length. Packets have the sizes that the encoder gave for real footage; they come and go for
one and a half lengths of the ring, so that what a turning ring wastes is in the figure.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from bwv_device.configuration.media import PreRecord
from bwv_device.configuration.model import Configuration
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.ring import Ring
from hal.interfaces.camera import CameraMode, PixelFormat
from hal.interfaces.clock import NS_PER_S
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
_RAW_S = 5
"""As long a ring of raw pictures is filled for comparison."""


@dataclass(frozen=True)
class Held:
    """A full ring."""

    size: str
    length_s: int
    payload_bytes: int
    resident_bytes: int
    """By how much the process has grown for it."""

    @property
    def ratio(self) -> float:
        return self.resident_bytes / self.payload_bytes


def measure_rings() -> list[Held]:
    """Every size and length, each in a fresh process."""
    return [held for size in SIZES for held in _rings_of(size)]


def memory_rows(rings: list[Held]) -> list[Row]:
    """The worst ratio, and the size of the largest ring; what raw pictures take beside it."""
    worst = max(rings, key=lambda held: held.ratio)
    largest = next(held for held in rings if (held.size, held.length_s) == (FULL_HD.name, 120))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        raw = fresh.submit(_raw_ring_bytes, FULL_HD).result()
    return [
        at_most("ring memory / bytes of its packets, worst", worst.ratio, "", 1.15),
        *(
            Row(f"ring memory / bytes of its packets, {held.size}, {held.length_s} s", held.ratio)
            for held in rings
        ),
        Row("packets of a ring of 120 s of 1080p30", largest.payload_bytes / 1e6, "MB"),
        at_most("ring of 120 s of 1080p30", largest.resident_bytes / 1e6, "MB", 150.0),
        Row(f"ring of raw pictures, {_RAW_S} s of 1080p30, for comparison", raw / 1e6, "MB"),
    ]


def _rings_of(size: Size) -> Iterator[Held]:
    with tempfile.TemporaryDirectory(prefix="bwv-bench-") as name:
        sizes = Path(name) / "sizes.json"
        sizes.write_text(json.dumps(_packet_sizes(size, Path(name))))
        for length_s in LENGTHS_S:
            command = [sys.executable, "-c", _CHILD, size.name, str(length_s), str(sizes)]
            told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            yield Held(**json.loads(told))


def _packet_sizes(size: Size, folder: Path) -> list[tuple[int, bool]]:
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
    """SIZE LENGTH_S SIZES_FILE; the ring held, as JSON."""
    name, length, sizes = sys.argv[1:]
    pattern = [
        (int(bytes_), bool(is_key)) for bytes_, is_key in json.loads(Path(sizes).read_text())
    ]
    ring = Ring(PreRecord(length_s=float(length), byte_ceiling=_MOST_BYTES, sound=True))
    gc.collect()
    before = resident_bytes()
    for packet in _packets(pattern, 1.5 * float(length) + 2):
        ring.add(packet)
    resident = resident_bytes() - before
    payload = ring.bytes
    print(json.dumps(asdict(Held(name, int(length), payload, resident))))


def _packets(pattern: list[tuple[int, bool]], seconds_s: float) -> Iterator[EncodedPacket]:
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


def _raw_ring_bytes(size: Size) -> int:
    """By how much this process grows for `_RAW_S` seconds of pictures in I420."""
    before = resident_bytes()
    raw = [np.full(size.frame_bytes, 16, np.uint8) for _ in range(_RAW_S * RATE_HZ)]
    grown = resident_bytes() - before
    assert len(raw) == _RAW_S * RATE_HZ
    return grown


def resident_bytes() -> int:
    """Of this process, from Linux's own account."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
