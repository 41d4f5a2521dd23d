"""Reading pictures out of clips: as written, torn, packed anew, and out of nonsense."""

import io

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence.boxes import free_box_header
from bwv_device.evidence.units import UnitCounter
from bwv_device.evidence.verification.footage import read_footage
from bwv_device.evidence.verification.samples import Footage, UnreadableError
from tests.support.clips import FRAME_NS, RATE_HZ, clip_bytes
from tests.support.stores import parts

FILLINGS = (free_box_header(8), b"", free_box_header(17) + bytes(9), free_box_header(9) + b"\0")


def read(data: bytes) -> Footage:
    return read_footage(memoryview(data))


def packets(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def repacked(data: bytes, form: str) -> bytes:
    target = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(target, "w", format=form) as made:
        stream = made.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                made.mux(packet)
    return target.getvalue()


def test_each_picture_is_the_one_that_another_reader_finds() -> None:
    data = clip_bytes(3.0)
    footage = read(data)
    assert [sample.data for sample in footage.samples] == packets(data)
    assert [sample.start_ns for sample in footage.samples] == pytest.approx(
        [number * FRAME_NS for number in range(3 * RATE_HZ)], abs=1_000_000
    )
    assert footage.end_ns == pytest.approx(3_000_000_000, abs=1_000_000)
    assert (footage.nal_length_bytes, footage.codec, footage.repacked) == (4, "avc1", False)


def test_units_are_the_head_and_each_fragment_and_cover_the_file() -> None:
    data = clip_bytes(3.0)
    footage = read(data)
    assert [data[unit.start : unit.end] for unit in footage.units] == list(parts(data))
    assert [unit.frames for unit in footage.units] == [0, RATE_HZ, RATE_HZ, RATE_HZ]
    assert footage.units[2].start_ns == pytest.approx(1_000_000_000, abs=1_000_000)
    assert footage.units[2].end_ns == footage.units[3].start_ns


def test_what_fills_a_unit_of_a_sealed_clip_belongs_to_it() -> None:
    filled = [
        part + filling for part, filling in zip(parts(clip_bytes(3.0)), FILLINGS, strict=True)
    ]
    data = b"".join(filled)
    footage = read(data)
    assert [data[unit.start : unit.end] for unit in footage.units] == filled
    assert (footage.torn_bytes, footage.damaged_bytes) == (0, 0)


def test_a_unit_whose_filling_is_torn_is_no_unit_and_its_pictures_are_there() -> None:
    data = clip_bytes(3.0) + free_box_header(64) + bytes(40)
    footage = read(data)
    assert len(footage.samples) == 3 * RATE_HZ
    assert len(footage.units) == 3
    assert footage.torn_bytes == len(data) - footage.units[-1].end


def test_units_are_those_of_the_chain() -> None:
    counter, at = UnitCounter(), 0
    data = clip_bytes(3.0)
    for part, unit in zip(parts(data), read(data).units, strict=True):
        mark = counter.add(part)
        assert (unit.start, unit.end) == (at, mark.end_bytes)
        assert unit.end_ns == pytest.approx(mark.media_end_ns, abs=1000)
        at = mark.end_bytes


def test_a_torn_tail_is_counted_and_left_out() -> None:
    data = clip_bytes(3.0)
    torn = data[:-100]
    footage = read(torn)
    assert len(footage.samples) == 2 * RATE_HZ
    assert footage.torn_bytes == len(torn) - footage.units[-1].end > 0


def test_damage_in_the_middle_is_counted_and_what_lies_behind_it_is_read() -> None:
    head, first, second, third = parts(clip_bytes(3.0))
    broken = bytearray(second)
    broken[4:8] = b"\xff\xff\xff\xff"
    footage = read(head + first + bytes(broken) + third)
    assert footage.damaged_bytes == len(second)
    assert len(footage.samples) == 2 * RATE_HZ


@pytest.mark.parametrize(("form", "length_bytes"), [("mp4", 4), ("matroska", 4), ("mpegts", 0)])
def test_a_copy_that_was_packed_anew_has_the_same_number_of_pictures(
    form: str, length_bytes: int
) -> None:
    footage = read(repacked(clip_bytes(3.0), form))
    assert footage.repacked
    assert len(footage.samples) == 3 * RATE_HZ
    assert footage.nal_length_bytes == length_bytes
    assert footage.units == ()


@pytest.mark.parametrize("data", [b"", b"nonsense", bytes(4096), b"\0\0\0\x10ftypisom\0\0\0\0"])
def test_what_is_no_video_is_named(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(data)


@given(st.data())
def test_bytes_that_were_changed_anywhere_are_read_or_named_never_a_crash(
    data: st.DataObject,
) -> None:
    changed = bytearray(clip_bytes(2.0, sound=False))
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))
    try:
        footage = read(bytes(changed[:cut]))
    except UnreadableError:
        return
    assert len(footage.samples) <= 2 * RATE_HZ
