"""What is found in whole, torn and damaged clips."""

import json
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bwv_device.evidence.boxes import whole_boxes
from bwv_device.evidence.fragments import Scan, scan, scan_bytes
from tests.support.clips import FRAME_NS, RATE_HZ, Decoded, clip_bytes, decode, make_clip
from tests.support.stores import parts

SECONDS = 3
WHOLE = clip_bytes(SECONDS)
FRAGMENT_ENDS = [box.end for box in whole_boxes(memoryview(WHOLE)) if box.type == b"mdat"]


def look(data: bytes | bytearray) -> Scan:
    return scan_bytes(memoryview(data))


def found_counts(found: Scan) -> Decoded:
    return Decoded(found.frames, found.of(b"soun")[0])


@pytest.mark.parametrize("sound", [True, False])
@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.6])
def test_counts_are_those_of_a_decoder(seconds: float, sound: bool) -> None:
    data = clip_bytes(seconds, sound=sound)
    found = look(data)
    assert found_counts(found) == decode(data)
    assert found.frames == round(seconds * RATE_HZ)
    assert found.is_whole


def test_the_duration_is_from_the_first_frame_to_the_end_of_the_last() -> None:
    assert look(WHOLE).duration_ns == SECONDS * 1_000_000_000
    assert look(WHOLE).nominal_frame_ns() == pytest.approx(FRAME_NS, abs=1)


def test_sound_that_starts_before_zero_has_its_true_duration() -> None:
    count, duration_ns = look(WHOLE).of(b"soun")
    assert duration_ns == pytest.approx(count * 1024 / 48_000 * 1e9, abs=1e7)


@pytest.mark.needs("ffprobe")
def test_counts_are_those_of_ffprobe(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", SECONDS)
    command = "ffprobe -v error -count_packets -show_entries stream=nb_read_packets -of json"
    done = subprocess.run([*command.split(), path], capture_output=True, check=True)
    streams = json.loads(done.stdout)["streams"]
    assert found_counts(scan(path)) == Decoded(*(int(s["nb_read_packets"]) for s in streams))


def test_the_head_alone_has_no_fragment(tmp_path: Path) -> None:
    head = next(parts(WHOLE))
    (tmp_path / "head.mp4").write_bytes(head)
    found = scan(tmp_path / "head.mp4")
    assert (found.fragments, found.frames, found.whole_bytes) == (0, 0, 0)
    assert len(found.tracks) == 2


def test_an_empty_file_has_no_fragment(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert scan(tmp_path / "empty.mp4") == Scan(0)


def test_a_missing_file_is_the_callers_to_handle(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan(tmp_path / "missing.mp4")


def all_boundaries() -> list[int]:
    """Every start, body and end of every box at any depth."""
    view = memoryview(WHOLE)
    found: set[int] = set()

    def walk(start: int, end: int) -> None:
        for box in whole_boxes(view, start, end):
            found.update({box.start, box.body, box.end})
            if box.type in {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"}:
                walk(box.body, box.end)

    walk(0, len(view))
    return sorted(found)


def assert_keeps_every_whole_fragment(length: int) -> None:
    """What is found in the first `length` bytes is all that is whole, and it decodes."""
    found = look(WHOLE[:length])
    whole = [end for end in FRAGMENT_ENDS if end <= length]
    assert found.fragments == len(whole)
    assert found.whole_bytes == (whole[-1] if whole else 0)
    assert not found.gaps
    if whole:
        assert decode(WHOLE[: found.whole_bytes]) == found_counts(found)


@pytest.mark.parametrize("length", all_boundaries())
def test_a_cut_at_a_boxs_edge_keeps_every_whole_fragment(length: int) -> None:
    assert_keeps_every_whole_fragment(length)


@given(st.integers(0, len(WHOLE)))
def test_a_cut_anywhere_keeps_every_whole_fragment(length: int) -> None:
    assert_keeps_every_whole_fragment(length)


@given(st.integers(0, len(WHOLE)), st.integers(1, 5000))
def test_zeros_behind_a_cut_are_never_taken_for_footage(length: int, zeros: int) -> None:
    """A file system may give back the length of a write whose data never came."""
    found = look(WHOLE[:length] + bytes(zeros))
    whole = [end for end in FRAGMENT_ENDS if end <= length]
    assert found.fragments == len(whole)
    assert found.whole_bytes == (whole[-1] if whole else 0)


@given(st.data())
def test_a_last_fragment_whose_data_were_not_written_is_torn(data: st.DataObject) -> None:
    """Its boxes are whole and the file has its length; a stretch of it, in whole sectors or up
    to the end, is zeros."""
    start, end = FRAGMENT_ENDS[-2] + 800, FRAGMENT_ENDS[-1]
    first = data.draw(st.integers(start, end - 1))
    last = data.draw(st.one_of(st.just(end), st.integers(min(first + 512, end), end)))
    zeroed = WHOLE[:first] + bytes(last - first) + WHOLE[last:]
    assert look(zeroed).whole_bytes == FRAGMENT_ENDS[-2]


def test_every_fragment_that_was_not_written_is_dropped_from_the_end() -> None:
    keep = FRAGMENT_ENDS[0]
    zeroed = bytearray(WHOLE)
    for box in whole_boxes(memoryview(WHOLE)):
        if box.type == b"mdat" and box.start > keep:
            zeroed[box.body : box.end] = bytes(box.end - box.body)
    found = look(zeroed)
    assert (found.fragments, found.whole_bytes) == (1, keep)


def test_a_last_fragment_with_another_files_data_is_torn() -> None:
    """Blocks of a file that was deleted may come back, too."""
    start, end = FRAGMENT_ENDS[-2] + 2000, FRAGMENT_ENDS[-1]
    stale = WHOLE[:start] + WHOLE[1000 : 1000 + end - start]
    assert len(stale) == len(WHOLE)
    assert look(stale).whole_bytes == FRAGMENT_ENDS[-2]


def test_a_quiet_dark_clip_is_not_taken_for_unwritten() -> None:
    data = clip_bytes(2.0, picture="black", tone_hz=0)
    assert look(data).is_whole
    assert found_counts(look(data)) == decode(data)


@pytest.mark.parametrize("size", [0, 1, 7, 9, 2**31, 2**32 - 1])
@pytest.mark.parametrize("kind", [b"moof", b"mdat"])
def test_a_damaged_size_in_the_middle_costs_that_fragment_only(kind: bytes, size: int) -> None:
    damaged = bytearray(WHOLE)
    middle = [box for box in whole_boxes(memoryview(WHOLE)) if box.type == kind][1]
    damaged[middle.start : middle.start + 4] = struct.pack(">I", size)
    found = look(damaged)
    assert found.gaps == [range(FRAGMENT_ENDS[0], FRAGMENT_ENDS[1])]
    assert (found.fragments, found.whole_bytes) == (2, FRAGMENT_ENDS[2])
    assert found.frames == 2 * RATE_HZ


def test_a_damaged_file_type_does_not_hide_the_head() -> None:
    damaged = bytes(8) + WHOLE[8:]
    found = look(damaged)
    assert (found.fragments, found.frames) == (SECONDS, SECONDS * RATE_HZ)
    assert found.gaps and found.gaps[0].start == 0


def test_fragments_without_a_head_are_found_though_not_counted() -> None:
    head_bytes = len(next(parts(WHOLE)))
    found = look(bytes(head_bytes) + WHOLE[head_bytes:])
    assert (found.fragments, found.frames) == (SECONDS, 0)


@given(st.binary(max_size=300))
def test_garbage_holds_nothing(data: bytes) -> None:
    assert look(data).fragments == 0


KINDS = [b"moov", b"moof", b"mdat", b"traf", b"trun", b"tfhd", b"tfdt", b"ftyp", b"free"]


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(WHOLE) - 1),
            st.one_of(st.binary(max_size=9), st.sampled_from(KINDS), st.just(bytes(600))),
        ),
        max_size=6,
    ),
    st.integers(0, 4),
)
def test_a_damaged_clip_never_raises_and_never_grows(
    changes: list[tuple[int, bytes]], dropped: int
) -> None:
    damaged = bytearray(WHOLE)
    for at, new in changes:
        damaged[at : at + len(new) - dropped] = new
    found = look(damaged)
    assert found.whole_bytes <= len(damaged)
    assert found.frames <= SECONDS * RATE_HZ * 2
    assert 0 <= found.duration_ns < 2**63
    for gap, after in zip(found.gaps, found.gaps[1:], strict=False):
        assert gap.stop <= after.start


HEAD_BYTES = len(next(parts(WHOLE)))


@example(2, 75)  # the length of `ftyp` then ends inside the second fragment
@example(30, 75)  # that of `moov` as well
@given(st.integers(0, FRAGMENT_ENDS[0]), st.integers(0, 255))
def test_any_byte_of_head_or_list_may_be_wrong(at: int, value: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[at] = value
    found = look(damaged)
    assert found.fragments >= SECONDS - 1
    assert 0 <= found.nominal_frame_ns() < 2**63
