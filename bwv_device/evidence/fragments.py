"""What a fragmented MP4 file holds: its whole fragments, and how many pictures are in them.

Who uses it: the repair after a cut, and `bwv check`. Nothing is decoded, so a clip of two
gigabytes is scanned in the time that its box headers take to read.
"""

import mmap
from dataclasses import dataclass, field
from pathlib import Path

from bwv_device.evidence.boxes import box_at
from bwv_device.evidence.damage import ends_well, is_sound, next_whole
from bwv_device.evidence.head import Track, read_tracks
from bwv_device.evidence.samples import Fragment, Run, read_fragment

_NS_PER_S = 1_000_000_000

_BETWEEN = {b"ftyp", b"styp", b"free", b"skip", b"sidx", b"udta", b"uuid", b"emsg", b"prft"}
"""Boxes beside head and fragments; any other kind at the top of the file is damage."""
_PARTS = {b"moov", b"moof"}
"""What a head and a fragment begin with."""


@dataclass(slots=True)
class Samples:
    """What the whole fragments hold of one track."""

    count: int = 0
    first_tick: int | None = None
    end_tick: int = 0

    def add(self, run: Run) -> None:
        """Count a run in."""
        if self.first_tick is None:
            self.first_tick = self.end_tick = run.tick
        self.count += len(run.sizes)
        self.end_tick = max(self.end_tick, run.tick + run.ticks)

    def duration_ns(self, timescale: int) -> int:
        """From the first sample's start to the last one's end."""
        if self.first_tick is None:
            return 0
        return (self.end_tick - self.first_tick) * _NS_PER_S // timescale


@dataclass(frozen=True, slots=True)
class Mark:
    """The end of a clip's head, or of a fragment, and what the clip holds up to there."""

    end_bytes: int
    """Of the clip in the clear."""
    frames: int
    media_end_ns: int


@dataclass(slots=True)
class Scan:
    """What was found in a file."""

    file_bytes: int
    whole_bytes: int = 0
    """Where the last whole fragment ends: all behind it is torn."""
    marks: list[Mark] = field(default_factory=list)
    """Where the head ends, then each whole fragment; empty without one."""
    gaps: list[range] = field(default_factory=list)
    """Damaged bytes that have whole fragments behind them."""
    tracks: dict[int, Track] = field(default_factory=dict)
    samples: dict[int, Samples] = field(default_factory=dict)

    @property
    def fragments(self) -> int:
        """How many are whole."""
        return max(0, len(self.marks) - 1)

    def add(self, fragment: Fragment) -> None:
        """Count a whole fragment in, the one behind the last."""
        if not self.marks:
            self.marks.append(Mark(fragment.start, 0, 0))
        self.count(fragment)
        self.whole_bytes = fragment.end
        self.marks.append(Mark(fragment.end, *self.of(b"vide")))

    def count(self, fragment: Fragment) -> None:
        """Count the samples of a fragment in, wherever it stands."""
        for run in fragment.runs:
            self.samples.setdefault(run.track_id, Samples()).add(run)

    def of(self, handler: bytes) -> tuple[int, int]:
        """(samples, duration in ns) of the first track of that kind; (0, 0) without one."""
        for track in self.tracks.values():
            if track.handler == handler and track.id in self.samples:
                samples = self.samples[track.id]
                return samples.count, samples.duration_ns(track.timescale)
        return 0, 0

    def nominal_frame_ns(self) -> int:
        """The mean time from frame to frame; 40 ms where there is nothing to go by."""
        mean_ns = self.duration_ns // self.frames if self.frames else 0
        return mean_ns or _NS_PER_S // 25

    @property
    def frames(self) -> int:
        return self.marks[-1].frames if self.marks else 0

    @property
    def duration_ns(self) -> int:
        return self.marks[-1].media_end_ns if self.marks else 0

    @property
    def is_whole(self) -> bool:
        """Whether every byte belongs to the head or to a whole fragment."""
        return self.whole_bytes == self.file_bytes and not self.gaps


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
    """As `scan`, for bytes at hand. Never raises on content: damage is passed over, and what
    is whole behind it is found."""
    result = Scan(len(data))
    starts = _find_fragments(data, result)
    _drop_unwritten(data, starts, result)
    for start in starts:
        result.add(_fragment(data, start, result))
    result.gaps = [gap for gap in result.gaps if gap.stop <= result.whole_bytes]
    return result


def _find_fragments(data: memoryview, result: Scan) -> list[int]:
    """Where the whole fragments start; notes tracks and gaps in `result` on the way."""
    starts: list[int] = []
    offset = 0
    while offset < len(data):
        end: int | None
        if fragment := read_fragment(data, offset, result.tracks):
            starts.append(offset)
            end = fragment.end
        elif (end := _passed(data, offset, result, is_head=not starts)) is None:
            end = next_whole(data, offset + 1, result.tracks)
            if end is None:
                break
            result.gaps.append(range(offset, end))
        offset = end
    return starts


def _passed(data: memoryview, offset: int, result: Scan, *, is_head: bool) -> int | None:
    """The end of a whole box that is no fragment; None when there is none."""
    box = box_at(data, offset)
    if box is None or box.end > len(data) or not _is_followed(data, box.end):
        return None
    if box.type == b"moov" and is_head:
        result.tracks = read_tracks(data, box)
        return box.end
    return box.end if box.type in _BETWEEN else None


def _is_followed(data: memoryview, end: int) -> bool:
    """Whether a box that may stand at the top of a file comes next, or the file's end: a length
    that is wrong points into the middle of something, which would be passed over with it."""
    if end == len(data):
        return True
    box = box_at(data, end)
    return box is not None and (box.type in _BETWEEN or box.type in _PARTS)


def _drop_unwritten(data: memoryview, starts: list[int], result: Scan) -> None:
    """Drop fragments from the end that are whole by their boxes and hold what was never
    written. `bwv check` scans every clip so: an encoder that this does not fit is noticed at
    its first clip, not at the first power cut."""
    # Each that has become the last one is asked how it ends: a scan of what is kept would ask too.
    while starts and not _is_written(data, _fragment(data, starts[-1], result), result):
        starts.pop()


def _is_written(data: memoryview, fragment: Fragment, result: Scan) -> bool:
    return ends_well(data, fragment) and is_sound(data, fragment, result.tracks)


def _fragment(data: memoryview, start: int, result: Scan) -> Fragment:
    fragment = read_fragment(data, start, result.tracks)
    assert fragment is not None, "it was whole a moment ago"
    return fragment
