"""Finds damage that boxes alone do not show, and what is whole behind it.

Who uses it: the scan of a clip. After a power cut a file system may give back blocks that were
never written: they read as zeros, in a box whose header is fine. Video in our clips can't hold
three zero bytes in a row, and sound holds a few dozen at most, so zeros give the damage away;
the length before each piece of a picture gives away everything else that is out of place.
Nothing is decoded.
"""

import struct

from bwv_device.evidence.boxes import box_at, find_bytes
from bwv_device.evidence.head import Track, read_tracks
from bwv_device.evidence.samples import Fragment, Run, read_fragment

_NOT_WRITTEN = bytes(512)
"""A disk writes no less than this. The longest run of zeros that was seen in AAC is 32 bytes
(a pure tone at 320 kbit/s); by its code tables it can't be much above 130."""
_LENGTH_PREFIXED = {b"avc1", b"avc3", b"hvc1", b"hev1"}
_LENGTH_BYTES = 4
_COMMON = b"moo"
"""What the types of a head (`moov`) and of a fragment (`moof`) begin with."""


def is_sound(data: memoryview, fragment: Fragment, tracks: dict[int, Track]) -> bool:
    """Whether the data of a whole fragment look as if they had been written."""
    if find_bytes(data, _NOT_WRITTEN, fragment.body, fragment.end) >= 0:
        return False
    return all(_pieces_fit(data, run) for run in fragment.runs if _is_prefixed(run, tracks))


def ends_well(data: memoryview, fragment: Fragment) -> bool:
    """Whether the last, partly used block was written: both H.264 and AAC forbid that a
    picture's piece or a frame of sound ends with a zero byte."""
    return fragment.end > fragment.body and data[fragment.end - 1] != 0


def next_whole(data: memoryview, start: int, tracks: dict[int, Track]) -> int | None:
    """Where the first whole fragment at or behind `start` begins, or the head where the tracks
    are not known yet; None when all the rest is damaged."""
    at = find_bytes(data, _COMMON, start + _LENGTH_BYTES, len(data))
    while at >= 0:
        if _is_whole(data, at - _LENGTH_BYTES, tracks):
            return at - _LENGTH_BYTES
        at = find_bytes(data, _COMMON, at + 1, len(data))
    return None


def _is_whole(data: memoryview, start: int, tracks: dict[int, Track]) -> bool:
    if read_fragment(data, start, tracks) is not None:
        return True
    box = box_at(data, start)
    if tracks or box is None or box.type != b"moov" or box.end > len(data):
        return False
    return bool(read_tracks(data, box))


def _is_prefixed(run: Run, tracks: dict[int, Track]) -> bool:
    track = tracks.get(run.track_id)
    return track is not None and track.codec in _LENGTH_PREFIXED


def _pieces_fit(data: memoryview, run: Run) -> bool:
    """Whether each picture is made of pieces (NAL units) that fill it to the byte."""
    offset = run.offset
    for size in run.sizes:
        end = offset + size
        while offset + _LENGTH_BYTES < end:
            (length,) = struct.unpack_from(">I", data, offset)
            if length == 0:
                return False
            offset += _LENGTH_BYTES + length
        if offset != end:
            return False
    return True
