"""One fragment of a clip: a `moof` box, which lists samples, and the `mdat` that holds them.

Who uses it: the scan of a clip. A fragment counts as whole when its list and its data fit
together to the byte, as those of our recorder do; anything else is damage, not a fragment.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

from bwv_device.evidence.boxes import Box, box_at, children, find, is_long, u32
from bwv_device.evidence.head import Track

LONGEST_S = 30 * 24 * 3600
"""No clip is longer: times beyond it are damage."""
_HIGHEST_TIMESCALE = 2**32

_TFHD_OPTIONAL = ((0x01, 8), (0x02, 4))
_TFHD_DURATION, _TFHD_SIZE = 0x08, 0x10
_TRUN_DATA_OFFSET, _TRUN_FIRST_FLAGS = 0x001, 0x004
_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_CTS = 0x100, 0x200, 0x400, 0x800
_COLUMNS = (_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_CTS)


@dataclass(frozen=True, slots=True)
class Run:
    """Samples of one track that follow each other in time and in the file."""

    track_id: int
    tick: int
    """When the first one starts, in the track's timescale; may be a little below zero."""
    durations: tuple[int, ...]
    """Ticks that each lasts."""
    offset: int
    """Where the first one's bytes begin in the file."""
    sizes: tuple[int, ...]
    """Bytes of each."""

    @property
    def ticks(self) -> int:
        """How long they last together."""
        return sum(self.durations)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A whole fragment, from the first byte of its `moof` to the last of its `mdat`."""

    start: int
    body: int
    """Where the data of the `mdat` begin."""
    end: int
    runs: tuple[Run, ...]


def read_fragment(data: memoryview, offset: int, tracks: dict[int, Track]) -> Fragment | None:
    """The fragment that begins at `offset`; None when there is no whole one."""
    moof = box_at(data, offset)
    if moof is None or moof.type != b"moof":
        return None
    mdat = box_at(data, moof.end)
    if mdat is None or mdat.type != b"mdat" or mdat.end > len(data):
        return None
    try:
        runs = tuple(_runs(data, moof, mdat, tracks))
    except _DamagedError:
        return None
    if sum(sum(run.sizes) for run in runs) != mdat.end - mdat.body:
        return None
    return Fragment(moof.start, mdat.body, mdat.end, runs)


class _DamagedError(Exception):
    """The list of samples can't be right."""


def _runs(data: memoryview, moof: Box, mdat: Box, tracks: dict[int, Track]) -> Iterator[Run]:
    for traf in children(data, moof):
        if traf.type != b"traf":
            continue
        tfhd = find(data, traf, b"tfhd")
        if tfhd is None:
            raise _DamagedError
        track = tracks.get(u32(data, tfhd, 4))
        defaults = _defaults(data, tfhd, track)
        tick = _start_tick(data, traf)
        for trun in children(data, traf):
            if trun.type == b"trun":
                run = _run(data, trun, _Place(u32(data, tfhd, 4), tick, moof, mdat), defaults)
                _require_likely(run, mdat, track)
                tick += run.ticks
                yield run


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a run stands."""

    track_id: int
    tick: int
    moof: Box
    mdat: Box


def _defaults(data: memoryview, tfhd: Box, track: Track | None) -> tuple[int, int]:
    """(duration, size) of samples for which the run itself gives none."""
    flags = u32(data, tfhd, 0) & 0xFFFFFF
    offset = 8 + sum(size for flag, size in _TFHD_OPTIONAL if flags & flag)
    duration, size = (track.default_duration, track.default_size) if track else (0, 0)
    if flags & _TFHD_DURATION:
        duration = u32(data, tfhd, offset)
        offset += 4
    if flags & _TFHD_SIZE:
        size = u32(data, tfhd, offset)
    return duration, size


def _start_tick(data: memoryview, traf: Box) -> int:
    """The track's time at the fragment's start; signed, because sound may begin a little
    before zero (what the encoder needs to settle)."""
    tfdt = find(data, traf, b"tfdt")
    if tfdt is None:
        return 0
    if not is_long(data, tfdt):
        return u32(data, tfdt, 4)
    if tfdt.body + 12 > tfdt.end:
        raise _DamagedError
    return int(struct.unpack_from(">q", data, tfdt.body + 4)[0])


def _run(data: memoryview, trun: Box, place: _Place, defaults: tuple[int, int]) -> Run:
    flags, count = u32(data, trun, 0) & 0xFFFFFF, u32(data, trun, 4)
    columns = [flag for flag in _COLUMNS if flags & flag]
    table = trun.body + 8 + 4 * bool(flags & _TRUN_DATA_OFFSET)
    table += 4 * bool(flags & _TRUN_FIRST_FLAGS)
    # A sample has a byte at least: the data bound what the list may claim.
    if count > place.mdat.end - place.mdat.body or table + 4 * count * len(columns) > trun.end:
        raise _DamagedError
    values = struct.unpack_from(f">{count * len(columns)}I", data, table)

    def column(flag: int, default: int) -> Iterator[int]:
        if flag in columns:
            return iter(values[columns.index(flag) :: len(columns)])
        return repeat(default, count)

    return Run(
        track_id=place.track_id,
        tick=place.tick,
        durations=tuple(column(_TRUN_DURATION, defaults[0])),
        # Our recorder counts from the `moof` in every run (`default-base-is-moof`).
        offset=place.moof.start + u32(data, trun, 8),
        sizes=tuple(column(_TRUN_SIZE, defaults[1])),
    )


def _require_likely(run: Run, mdat: Box, track: Track | None) -> None:
    """Raise when the run's bytes are not in the data, or its times in no clip's length."""
    inside = mdat.body <= run.offset and run.offset + sum(run.sizes) <= mdat.end
    limit = LONGEST_S * (track.timescale if track else _HIGHEST_TIMESCALE)
    in_time = -limit <= run.tick and run.tick + run.ticks <= limit
    if not inside or not in_time or 0 in run.sizes:
        raise _DamagedError
