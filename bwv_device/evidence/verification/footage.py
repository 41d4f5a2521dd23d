"""The pictures of a clip with their times and bytes, in the order in which they are stored.

Who uses it: the checks of stream and manifest. A fragmented clip, which is what the recorder
writes, is read by the store's own scan, because that neither guesses at a torn tail nor stops at
damage in the middle. Whatever else somebody hands in (a copy that was packed anew) is read by
PyAV; the pictures are the same ones there, the file is not.
"""

from collections.abc import Iterator

from bwv_device.evidence.boxes import Box, box_at, children, find, is_long, u32, whole_boxes
from bwv_device.evidence.fragments import Scan, scan_bytes
from bwv_device.evidence.head import Track
from bwv_device.evidence.samples import Fragment, Run, read_fragment
from bwv_device.evidence.verification.foreign_footage import read_foreign
from bwv_device.evidence.verification.samples import Footage, Sample, Unit, UnreadableError

_NS_PER_S = 1_000_000_000
_VIDEO, _FILLING = b"vide", b"free"
# ISO/IEC 14496-12 and -15: where the entries of `stsd` begin, what a visual one has before its
# boxes, and the byte of `avcC` that says how long lengths are.
_ENTRIES_AT, _VISUAL_ENTRY_BYTES, _LENGTH_AT = 8, 78, 4
_USUAL_LENGTH_BYTES = 4


def read_footage(data: memoryview) -> Footage:
    """Everything that can be read of a file; raises `UnreadableError` when that is nothing."""
    found = scan_bytes(data)
    if found.fragments:
        return _of_fragments(data, found)
    return read_foreign(data)


def _of_fragments(data: memoryview, found: Scan) -> Footage:
    track = next((one for one in found.tracks.values() if one.handler == _VIDEO), None)
    if track is None:
        raise UnreadableError("the file has fragments, and no track of pictures")
    fragments = list(_fragments(data, found))
    units = tuple(_units(data, fragments, track))
    return Footage(
        samples=tuple(sample for one in fragments for sample in _samples(data, one, track)),
        units=units,
        damaged_bytes=sum(len(gap) for gap in found.gaps),
        torn_bytes=found.file_bytes - units[-1].end,
        codec=track.codec.decode("ascii", "replace"),
        nal_length_bytes=_nal_length_bytes(data, 0, track),
    )


def _fragments(data: memoryview, found: Scan) -> Iterator[Fragment]:
    """The whole fragments once more, with their samples; the scan keeps counts alone."""
    damage = {gap.start: gap.stop for gap in found.gaps}
    offset = 0
    while offset < found.whole_bytes:
        fragment = read_fragment(data, offset, found.tracks)
        box = box_at(data, offset)
        if fragment is not None:
            yield fragment
            offset = fragment.end
        elif offset in damage:
            offset = damage[offset]
        else:
            assert box is not None, "the scan has passed it"
            offset = box.end


def _samples(data: memoryview, fragment: Fragment, track: Track) -> Iterator[Sample]:
    for run in _runs_of(fragment, track):
        offset, tick = run.offset, run.tick
        for size, ticks in zip(run.sizes, run.durations, strict=True):
            body = data[offset : offset + size]
            yield Sample(_ns(tick, track), _ns(tick + ticks, track), body)
            offset, tick = offset + size, tick + ticks


def _runs_of(fragment: Fragment, track: Track) -> list[Run]:
    return [run for run in fragment.runs if run.track_id == track.id]


def _units(data: memoryview, fragments: list[Fragment], track: Track) -> Iterator[Unit]:
    """As the chain counts them: one begins where the one before ends, and what fills a unit of a
    sealed clip up to whole blocks, a `free` box, belongs to it."""
    end, end_ns = _with_filling(data, fragments[0].start), 0
    yield Unit(0, end, 0, 0, 0)
    for fragment in fragments:
        runs = _runs_of(fragment, track)
        start_ns = min((_ns(run.tick, track) for run in runs), default=end_ns)
        end_ns = max((_ns(run.tick + run.ticks, track) for run in runs), default=end_ns)
        frames = sum(len(run.sizes) for run in runs)
        start, end = end, _with_filling(data, fragment.end)
        if end <= len(data):
            yield Unit(start, end, start_ns, end_ns, frames)


def _with_filling(data: memoryview, end: int) -> int:
    """Where a unit ends whose own boxes end at `end`; beyond the file where its filling is torn."""
    box = box_at(data, end)
    while box is not None and box.type == _FILLING:
        end = box.end
        box = box_at(data, end)
    return end


def _ns(tick: int, track: Track) -> int:
    return tick * _NS_PER_S // track.timescale


def _nal_length_bytes(data: memoryview, offset: int, track: Track) -> int:
    """How many bytes of length stand before each NAL unit, as the track's `avcC` says."""
    for box in whole_boxes(data, offset):
        if box.type != b"moov":
            continue
        for trak in children(data, box):
            tkhd = find(data, trak, b"tkhd")
            stsd = find(data, trak, b"mdia", b"minf", b"stbl", b"stsd")
            if tkhd is None or stsd is None or not _is_of(data, tkhd, track):
                continue
            return _of_entry(data, stsd)
    return _USUAL_LENGTH_BYTES


def _is_of(data: memoryview, tkhd: Box, track: Track) -> bool:
    return u32(data, tkhd, 20 if is_long(data, tkhd) else 12) == track.id


def _of_entry(data: memoryview, stsd: Box) -> int:
    entry = box_at(data, stsd.body + _ENTRIES_AT)
    if entry is None or entry.end > stsd.end:
        return _USUAL_LENGTH_BYTES
    for box in whole_boxes(data, entry.body + _VISUAL_ENTRY_BYTES, entry.end):
        if box.type == b"avcC" and box.end - box.body > _LENGTH_AT:
            return int(data[box.body + _LENGTH_AT] & 3) + 1
    return _USUAL_LENGTH_BYTES
