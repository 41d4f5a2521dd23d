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
