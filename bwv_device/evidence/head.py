"""The head of a clip: which tracks it has, as its `moov` box describes them.

Who uses it: the scan of a clip.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bwv_device.evidence.boxes import Box, children, find, is_long, u32

_CODEC_AT = 12
"""In `stsd`: version and flags, number of entries, size of the first, then its type."""


@dataclass(frozen=True, slots=True)
class Track:
    """A track as the head of the file describes it."""

    id: int
    handler: bytes
    """`vide` or `soun`."""
    codec: bytes
    """`avc1`, `mp4a` and so on; empty where the head does not say."""
    timescale: int
    """Ticks a second, at least 1."""
    default_duration: int
    default_size: int


def read_tracks(data: memoryview, moov: Box) -> dict[int, Track]:
    """The tracks by their id; those that are not described in full are left out."""
    return {track.id: track for track in _tracks(data, moov)}


def _tracks(data: memoryview, moov: Box) -> Iterator[Track]:
    defaults = {key: rest for key, *rest in _defaults(data, moov)}
    for trak in children(data, moov):
        if trak.type != b"trak":
            continue
        tkhd, mdhd = find(data, trak, b"tkhd"), find(data, trak, b"mdia", b"mdhd")
        hdlr = find(data, trak, b"mdia", b"hdlr")
        if tkhd is None or mdhd is None or hdlr is None:
            continue
        track_id = u32(data, tkhd, 20 if is_long(data, tkhd) else 12)
        timescale = u32(data, mdhd, 20 if is_long(data, mdhd) else 12)
        handler = bytes(data[hdlr.body + 8 : min(hdlr.body + 12, hdlr.end)])
        duration, size = defaults.get(track_id, (0, 0))
        codec = _codec(data, trak)
        yield Track(track_id, handler, codec, max(timescale, 1), duration, size)


def _codec(data: memoryview, trak: Box) -> bytes:
    stsd = find(data, trak, b"mdia", b"minf", b"stbl", b"stsd")
    if stsd is None:
        return b""
    start = stsd.body + _CODEC_AT
    return bytes(data[start : min(start + 4, stsd.end)])


def _defaults(data: memoryview, moov: Box) -> Iterator[tuple[int, int, int]]:
    """(track, duration, size) of samples whose fragment says nothing else."""
    mvex = find(data, moov, b"mvex")
    for trex in children(data, mvex) if mvex else ():
        if trex.type == b"trex":
            yield u32(data, trex, 4), u32(data, trex, 12), u32(data, trex, 16)
