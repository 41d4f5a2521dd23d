"""Boxes of whole, torn and nonsensical files."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence import boxes
from bwv_device.evidence.boxes import Box, box_at, find, find_bytes, free_box_header, whole_boxes


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def test_boxes_follow_each_other() -> None:
    data = memoryview(box(b"ftyp", b"isom") + box(b"free"))
    assert list(whole_boxes(data)) == [Box(b"ftyp", 0, 8, 12), Box(b"free", 12, 20, 20)]


def test_a_large_size_is_read() -> None:
    data = memoryview(struct.pack(">I4sQ", 1, b"mdat", 20) + b"abcd")
    assert box_at(data, 0) == Box(b"mdat", 0, 16, 20)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\0\0\0\x08mda",
        bytes(8),
        b"\0\0\0\0mdat",
        b"\0\0\0\x07mdat",
        b"\0\0\0\x01mdat\0\0\0\0\0\0\0",
        b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x0f",
    ],
    ids=["nothing", "cut", "zeros", "to the end", "too small", "large cut", "large too small"],
)
def test_a_header_that_is_not_whole_or_says_nonsense_is_no_box(header: bytes) -> None:
    assert box_at(memoryview(header), 0) is None


def test_a_box_that_claims_more_than_the_file_has_is_torn() -> None:
    data = memoryview(box(b"free") + struct.pack(">I4s", 100, b"mdat") + bytes(50))
    torn = box_at(data, 8)
    assert torn is not None and torn.end == 108
    assert [found.type for found in whole_boxes(data)] == [b"free"]


def test_a_child_that_claims_more_than_its_parent_is_not_found() -> None:
    data = memoryview(box(b"moof", struct.pack(">I4s", 64, b"traf")) + bytes(64))
    parent = box_at(data, 0)
    assert parent is not None
    assert find(data, parent, b"traf") is None


def test_a_box_is_found_along_a_path() -> None:
    data = memoryview(box(b"moov", box(b"free") + box(b"trak", box(b"mdia", b"1234"))))
    parent = box_at(data, 0)
    assert parent is not None
    found = find(data, parent, b"trak", b"mdia")
    assert found is not None and bytes(data[found.body : found.end]) == b"1234"


@given(st.binary(max_size=40), st.binary(min_size=1, max_size=4), st.integers(1, 9))
def test_bytes_are_found_wherever_the_steps_end(data: bytes, wanted: bytes, step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boxes, "_STEP_BYTES", step)
        assert find_bytes(memoryview(data), wanted, 0, len(data)) == data.find(wanted)


@pytest.mark.parametrize("size", [8, 9, 1000, (1 << 32) - 1, 1 << 32])
def test_a_free_box_covers_its_bytes(size: int) -> None:
    found = box_at(memoryview(free_box_header(size)), 0)
    assert found is not None and (found.type, found.end) == (b"free", size)


def test_a_gap_too_small_for_a_box_is_left_alone() -> None:
    assert free_box_header(7) == b""
