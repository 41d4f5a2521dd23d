"""Reads the boxes of an MP4 file (ISO/IEC 14496-12): a type, a size, and what is inside.

Who uses it: the scan of a clip after a cut, and the writer, to know where a fragment ends.
Hand-written because no kept library reads a file whose tail is torn: PyAV and pymp4 both
refuse or guess there, and the tail is what this is about.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

HEADER_BYTES = 8
_LARGE_HEADER_BYTES = 16
_SIZE_FOLLOWS = 1
_TO_THE_END = 0
_STEP_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Box:
    """A box: it begins at `start`, its content at `body`, the next one at `end`."""

    type: bytes
    start: int
    body: int
    end: int


def box_at(data: memoryview, offset: int) -> Box | None:
    """The box at `offset`; None when its header is not whole or says nonsense.

    Its `end` may lie beyond the data: then the box is torn.
    """
    if offset + HEADER_BYTES > len(data):
        return None
    size, kind = struct.unpack_from(">I4s", data, offset)
    body = offset + HEADER_BYTES
    if size == _SIZE_FOLLOWS:
        if offset + _LARGE_HEADER_BYTES > len(data):
            return None
        (size,) = struct.unpack_from(">Q", data, body)
        body = offset + _LARGE_HEADER_BYTES
    if size == _TO_THE_END or size < body - offset:
        return None
    return Box(kind, offset, body, offset + size)


def whole_boxes(data: memoryview, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes from `start` on, up to the first that is torn or no box."""
    limit = len(data) if end is None else min(end, len(data))
    offset = start
    while (box := box_at(data, offset)) is not None and box.end <= limit:
        yield box
        offset = box.end


def children(data: memoryview, box: Box) -> Iterator[Box]:
    """The boxes inside `box`."""
    return whole_boxes(data, box.body, box.end)


def find(data: memoryview, box: Box, *path: bytes) -> Box | None:
    """The first box below `box` along `path`."""
    found: Box | None = box
    for kind in path:
        if found is None:
            return None
        found = next((child for child in children(data, found) if child.type == kind), None)
    return found


def free_box_header(size: int) -> bytes:
    """What makes `size` bytes a box that players pass over; nothing when they are too few."""
    if size < HEADER_BYTES:
        return b""
    if size < 1 << 32:
        return struct.pack(">I4s", size, b"free")
    return struct.pack(">I4sQ", _SIZE_FOLLOWS, b"free", size)


def is_long(data: memoryview, box: Box) -> bool:
    """Whether the box is of version 1, with 64-bit times."""
    return box.body < box.end and data[box.body] == 1


def u32(data: memoryview, box: Box, offset: int) -> int:
    """A 32-bit field at `offset` inside the box; 0 when the box is too short for it."""
    if box.body + offset + 4 > box.end:
        return 0
    return int(struct.unpack_from(">I", data, box.body + offset)[0])


def find_bytes(data: memoryview, wanted: bytes, start: int, end: int) -> int:
    """Where `wanted` first stands in `data[start:end]`; -1 when it does not. The data may be
    a mapped file of any size: little of it is in memory at a time."""
    for at in range(start, end, _STEP_BYTES):
        piece = bytes(data[at : min(at + _STEP_BYTES + len(wanted) - 1, end)])
        found = piece.find(wanted)
        if found >= 0:
            return at + found
    return -1
