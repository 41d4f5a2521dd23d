"""What a fragmented MP4 file holds: its whole fragments, and how many pictures are in them.

Who uses it: the repair after a cut, and `bwv check`. Nothing is decoded, so a clip of two
gigabytes is scanned in the time that its box headers take to read.
"""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bwv_device.evidence.boxes import Box, children, find, whole_boxes

_NS_PER_S = 1_000_000_000

# Flags of `tfhd` and `trun` that say which optional fields are there.
_TFHD_OPTIONAL = ((0x01, 8), (0x02, 4))
_TFHD_DURATION = 0x08
_TRUN_DATA_OFFSET, _TRUN_FIRST_FLAGS = 0x001, 0x004
_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_CTS = 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True, slots=True)
class Track:
    """A track as the head of the file describes it."""

    id: int
    handler: bytes
    """`vide` or `soun`."""
    timescale: int
    default_duration: int


@dataclass(slots=True)
class Samples:
    """What the whole fragments hold of one track."""

    count: int = 0
    first_tick: int | None = None
    end_tick: int = 0

    def duration_ns(self, timescale: int) -> int:
        """From the first sample's start to the last one's end."""
        if self.first_tick is None:
            return 0
        return (self.end_tick - self.first_tick) * _NS_PER_S // timescale


@dataclass(slots=True)
class Scan:
    """What was found in a file."""

    file_bytes: int
    whole_bytes: int = 0
    """Where the last whole fragment ends: all behind it is torn."""
    fragments: int = 0
    tracks: dict[int, Track] = field(default_factory=dict)
    samples: dict[int, Samples] = field(default_factory=dict)

    def of(self, handler: bytes) -> tuple[int, int]:
        """(samples, duration in ns) of the first track of that kind; (0, 0) without one."""
        for track in self.tracks.values():
            if track.handler == handler and track.id in self.samples:
                samples = self.samples[track.id]
                return samples.count, samples.duration_ns(track.timescale)
        return 0, 0

    def nominal_frame_ns(self) -> int:
        """The mean time from frame to frame; 40 ms where there is nothing to go by."""
        return self.duration_ns // self.frames if self.frames else _NS_PER_S // 25

    @property
    def frames(self) -> int:
        return self.of(b"vide")[0]

    @property
    def duration_ns(self) -> int:
        return self.of(b"vide")[1]


def scan(path: Path) -> Scan:
    """Read the box headers of `path`. Raises `OSError` when it can't be read."""
    size = path.stat().st_size
    if size == 0:
        return Scan(0)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        data = memoryview(mapped)
        try:
            return scan_bytes(data)
        finally:
            data.release()


def scan_bytes(data: memoryview) -> Scan:
    """As `scan`, for bytes at hand. Nonsense ends the scan; it never raises on content."""
    result = Scan(len(data))
    pending: Box | None = None
    for box in whole_boxes(data):
        if box.type == b"moov":
            result.tracks = {track.id: track for track in _tracks(data, box)}
        elif box.type == b"moof":
            pending = box
        elif box.type == b"mdat" and pending is not None:
            _count(data, pending, result)
            result.fragments += 1
            result.whole_bytes = box.end
            pending = None
    return result


def _tracks(data: memoryview, moov: Box) -> Iterator[Track]:
    defaults = dict(_default_durations(data, moov))
    for trak in children(data, moov):
        if trak.type != b"trak":
            continue
        tkhd, mdhd = find(data, trak, b"tkhd"), find(data, trak, b"mdia", b"mdhd")
        hdlr = find(data, trak, b"mdia", b"hdlr")
        if tkhd is None or mdhd is None or hdlr is None:
            continue
        track_id = _u32(data, tkhd, 20 if _is_long(data, tkhd) else 12)
        timescale = _u32(data, mdhd, 20 if _is_long(data, mdhd) else 12)
        handler = bytes(data[hdlr.body + 8 : hdlr.body + 12])
        yield Track(track_id, handler, max(timescale, 1), defaults.get(track_id, 0))


def _default_durations(data: memoryview, moov: Box) -> Iterator[tuple[int, int]]:
    mvex = find(data, moov, b"mvex")
    for trex in children(data, mvex) if mvex else ():
        if trex.type == b"trex":
            yield _u32(data, trex, 4), _u32(data, trex, 12)


def _count(data: memoryview, moof: Box, result: Scan) -> None:
    for traf in children(data, moof):
        tfhd = find(data, traf, b"tfhd") if traf.type == b"traf" else None
        if tfhd is None or (track := result.tracks.get(_u32(data, tfhd, 4))) is None:
            continue
        default = _fragment_duration(data, tfhd, track.default_duration)
        tick = _start_tick(data, traf)
        samples = result.samples.setdefault(track.id, Samples())
        samples.first_tick = tick if samples.first_tick is None else samples.first_tick
        for trun in children(data, traf):
            if trun.type == b"trun":
                count, ticks = _run(data, trun, default)
                samples.count += count
                tick += ticks
        samples.end_tick = max(samples.end_tick, tick)


def _fragment_duration(data: memoryview, tfhd: Box, default: int) -> int:
    flags = _u32(data, tfhd, 0) & 0xFFFFFF
    offset = 8 + sum(size for flag, size in _TFHD_OPTIONAL if flags & flag)
    return _u32(data, tfhd, offset) if flags & _TFHD_DURATION else default


def _start_tick(data: memoryview, traf: Box) -> int:
    tfdt = find(data, traf, b"tfdt")
    if tfdt is None or tfdt.end - tfdt.body < 8:
        return 0
    if _is_long(data, tfdt) and tfdt.end - tfdt.body >= 12:
        return int(struct.unpack_from(">Q", data, tfdt.body + 4)[0])
    return _u32(data, tfdt, 4)


def _run(data: memoryview, trun: Box, default: int) -> tuple[int, int]:
    """(samples, ticks) of one run."""
    flags, count = _u32(data, trun, 0) & 0xFFFFFF, _u32(data, trun, 4)
    if not flags & _TRUN_DURATION:
        return count, count * default
    offset = 8 + 4 * bool(flags & _TRUN_DATA_OFFSET) + 4 * bool(flags & _TRUN_FIRST_FLAGS)
    stride = 4 * sum(
        bool(flags & flag) for flag in (_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_CTS)
    )
    room = max(0, (trun.end - trun.body - offset) // stride)
    count = min(count, room)
    return count, sum(_u32(data, trun, offset + index * stride) for index in range(count))


def _is_long(data: memoryview, box: Box) -> bool:
    """Whether the box is of version 1, with 64-bit times."""
    return box.body < box.end and data[box.body] == 1


def _u32(data: memoryview, box: Box, offset: int) -> int:
    """A 32-bit field at `offset` inside the box; 0 when the box is too short for it."""
    if box.body + offset + 4 > box.end:
        return 0
    return int(struct.unpack_from(">I", data, box.body + offset)[0])
