"""What a start makes of what a cut left behind."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bwv_device.evidence import repair as repair_module
from bwv_device.evidence.adopt import UNKNOWN
from bwv_device.evidence.boxes import whole_boxes
from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.clip_form import form_of
from bwv_device.evidence.digests import Digests, digest_file
from bwv_device.evidence.fragments import Scan, scan
from bwv_device.evidence.journal import FILE_NAME
from bwv_device.evidence.records import ClipState, EndReason
from bwv_device.evidence.repair import Repair, missing_frames, repair, repair_clip
from bwv_device.evidence.store import Store
from bwv_device.protocol import names
from tests.support.clips import RATE_HZ, clip_bytes, decode, make_clip
from tests.support.stores import S, begin, cut_off, deliver, new_clip, parts, record

WHOLE = clip_bytes(3.0)
HEAD = next(parts(WHOLE))
ENDS = [box.end for box in whole_boxes(memoryview(WHOLE)) if box.type == b"mdat"]


def wrong(store: Store) -> list[str]:
    found = check(store.folder, store.journal)
    return [f"{one.where}: {one.what}" for one in found if one.severity is Severity.WRONG]


def reopened_without_journal(store: Store) -> Store:
    """The same folder after its journal was lost."""
    store.close()
    for path in store.folder.glob(f"{FILE_NAME}*"):
        path.unlink()
    return Store.open(store.folder)


def test_a_torn_clip_is_kept_to_its_last_whole_fragment(store: Store) -> None:
    clip = cut_off(store, WHOLE[: ENDS[1] + 700])
    assert repair(store) == [Repair(clip.file, EndReason.RECOVERED, 2 * RATE_HZ, 700)]
    kept = store.journal.clip(clip.id)
    assert (kept.state, kept.end_reason) == (ClipState.FINALISED, EndReason.RECOVERED)
    assert (kept.frames, kept.duration_ns, kept.bytes) == (2 * RATE_HZ, 2 * S, ENDS[1])
    assert kept.sha256 == digest_file(store.path(clip)).sha256
    assert decode(store.path(clip)).frames == kept.frames
    assert wrong(store) == []


def test_a_clip_that_was_whole_when_it_was_cut_off_keeps_every_byte(store: Store) -> None:
    clip = cut_off(store, WHOLE)
    assert repair(store) == [Repair(clip.file, EndReason.RECOVERED, 3 * RATE_HZ, 0)]
    assert store.path(clip).read_bytes() == WHOLE


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(length=st.integers(0, len(WHOLE)), zeros=st.sampled_from([0, 0, 511, 4096]))
def test_any_cut_leaves_a_clip_that_plays_or_none(store: Store, length: int, zeros: int) -> None:
    clip = cut_off(store, WHOLE[:length] + bytes(zeros))
    (made,) = repair(store)
    assert repair(store) == []
    kept = store.journal.clip(clip.id)
    fragments = sum(end <= length for end in ENDS)
    assert made.frames == kept.frames == fragments * RATE_HZ
    if fragments:
        assert decode(store.path(clip)).frames == kept.frames
    else:
        assert kept.state is ClipState.PURGED
        assert not store.path(clip).exists()
    assert wrong(store) == []


@pytest.mark.parametrize("left", [None, b"", HEAD[:20], HEAD, WHOLE[: ENDS[0] - 1]])
def test_a_clip_without_a_whole_fragment_is_dropped_and_said_so(
    store: Store, left: bytes | None
) -> None:
    recording = begin(store)
    clip = store.open_clip(recording, new_clip(recording))
    if left is not None:
        store.path(clip).write_bytes(left)
    assert repair(store) == [
        Repair(clip.file, EndReason.NOTHING_RECORDED, 0, len(left) if left else 0)
    ]
    kept = store.journal.clip(clip.id)
    assert (kept.state, kept.end_reason) == (ClipState.PURGED, EndReason.NOTHING_RECORDED)
    assert not store.path(clip).parent.exists()
    assert wrong(store) == []


def test_damage_in_the_middle_costs_one_fragment_and_the_rest_plays(store: Store) -> None:
    damaged = bytearray(clip_bytes(4.0))
    second = [box for box in whole_boxes(memoryview(damaged)) if box.type == b"moof"][1]
    damaged[second.start : second.start + 300] = bytes(300)
    clip = cut_off(store, bytes(damaged))
    (made,) = repair(store)
    assert (made.frames, made.bytes_cut) == (3 * RATE_HZ, 0)
    assert made.bytes_damaged > 300
    kept = store.journal.clip(clip.id)
    assert (kept.bytes, kept.frames_dropped) == (len(damaged), RATE_HZ)
    assert scan(store.path(clip)).is_whole
    assert decode(store.path(clip)).frames == 3 * RATE_HZ
    assert wrong(store) == []


def test_a_clip_whose_head_is_damaged_is_never_thrown_away(store: Store) -> None:
    data = bytes(len(HEAD)) + WHOLE[len(HEAD) :]
    clip = cut_off(store, data)
    repair(store)
    kept = store.journal.clip(clip.id)
    assert (kept.state, kept.frames) == (ClipState.FINALISED, 0)
    assert store.path(clip).read_bytes() == data
    assert wrong(store) == []


def test_frames_that_are_missing_between_fragments_are_counted(store: Store) -> None:
    """The second of three fragments was never written, the clip's times go on."""
    clip = cut_off(store, WHOLE[: ENDS[0]] + WHOLE[ENDS[1] :])
    repair(store)
    kept = store.journal.clip(clip.id)
    assert (kept.frames, kept.frames_dropped) == (2 * RATE_HZ, RATE_HZ)


@pytest.mark.parametrize("frame_ns", [0, -1])
def test_an_unknown_frame_time_counts_nothing_as_missing(frame_ns: int) -> None:
    assert missing_frames(Scan(0), frame_ns) == 0


def test_the_recording_is_given_the_stop_that_it_lacks(store: Store) -> None:
    clip = cut_off(store, WHOLE)
    repair(store)
    recording = store.journal.recording(clip.recording_id)
    assert recording.trigger_off == "Recovered"
    assert recording.trigger_off_utc_ns == clip.start_utc_ns + 3 * S


def test_a_stop_that_is_known_stands(store: Store) -> None:
    clip = record(store)
    repair(store)
    assert store.journal.recording(clip.recording_id).trigger_off == "LongPress"


def test_a_broken_off_clip_keeps_the_recorders_reason(store: Store) -> None:
    clip = cut_off(store, WHOLE[:-1])
    made = repair_clip(store, clip, EndReason.STORAGE_FULL)
    assert made.end_reason is EndReason.STORAGE_FULL
    assert store.journal.clip(clip.id).end_reason is EndReason.STORAGE_FULL


def test_a_freed_clip_whose_file_is_still_there_is_removed(store: Store) -> None:
    clip = deliver(store, record(store))
    store.journal.purge(clip.id)
    assert store.path(clip).exists()
    repair(store)
    assert not store.path(clip).parent.exists()


@pytest.mark.parametrize("state", [ClipState.FINALISED, ClipState.SENDING, ClipState.ACKNOWLEDGED])
def test_a_clip_that_was_not_cut_off_is_not_touched(store: Store, state: ClipState) -> None:
    clip = record(store)
    if state is not ClipState.FINALISED:
        store.journal.begin_sending(clip.id)
    if state is ClipState.ACKNOWLEDGED:
        store.journal.acknowledge(clip.id, "there")
    before = store.journal.clip(clip.id)
    assert repair(store) == []
    assert store.journal.clip(clip.id) == before
    assert store.path(clip).read_bytes() == WHOLE


def test_what_a_kill_left_in_memory_is_synced_before_it_is_hashed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal must not promise bytes that a power cut a moment later takes back."""
    clip = cut_off(store, WHOLE)
    done: list[str] = []

    def syncing(handle: int) -> None:
        done.append(os.readlink(f"/proc/self/fd/{handle}"))

    def hashing(path: Path, on_read: Any) -> Digests:
        done.append("digest")
        return digest_file(path, on_read)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(repair_module, "digest_file", hashing)
    repair(store)
    path = store.path(clip)
    before = done[: done.index("digest")]
    assert before[-2:] == [str(path), str(path.parent)]


def test_one_clip_that_cannot_be_read_does_not_stop_the_start(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = cut_off(store, WHOLE)
    good = cut_off(store, WHOLE, trigger_s=10)

    def reading(path: Path) -> Scan:
        if path == store.path(bad):
            raise OSError(errno.EIO, "Input/output error")
        return scan(path)

    form = replace(form_of(sealed=False), scan=reading)
    monkeypatch.setattr(repair_module, "form_of", lambda _sealed: form)
    assert [made.file for made in repair(store)] == [good.file]
    left = store.journal.clip(bad.id)
    assert left.state is ClipState.RECORDING
    assert left.problem is not None and "Input/output error" in left.problem
    assert store.path(bad).read_bytes() == WHOLE
    assert any("could not be repaired" in found for found in wrong(store))
    monkeypatch.undo()
    assert [made.file for made in repair(store)] == [bad.file]
    assert wrong(store) == []


def test_a_lost_journal_loses_no_clip(store: Store) -> None:
    first, second = record(store), record(store, trigger_s=60)
    again = reopened_without_journal(store)
    assert {found.file for found in repair(again)} == {first.file, second.file}
    assert repair(again) == []
    adopted = again.journal.clips()
    assert [clip.file for clip in adopted] == [first.file, second.file]
    assert {clip.sha256 for clip in adopted} == {first.sha256}
    assert {clip.frames_dropped for clip in adopted} == {0}
    assert all(clip.end_reason is EndReason.RECOVERED for clip in adopted)
    recording = again.journal.recording(adopted[0].recording_id)
    before = names.parse_recording_container(Path(first.file).parent.name)
    assert (recording.user_id, recording.serial) == (before.user_id, before.serial)
    assert (recording.user_name, recording.trigger_on) == (UNKNOWN, UNKNOWN)
    assert wrong(again) == []
    again.close()


def test_the_clips_of_one_recording_are_adopted_into_one(store: Store) -> None:
    recording = begin(store)
    for number in (1, 2):
        clip = store.open_clip(recording, new_clip(recording, number, start_s=3 * number))
        store.path(clip).write_bytes(WHOLE)
    again = reopened_without_journal(store)
    repair(again)
    assert [found.container for found in again.journal.recordings()] == [recording.container]
    assert [clip.number for clip in again.journal.clips()] == [1, 2]
    again.close()


def test_a_file_beside_known_clips_is_adopted_into_their_recording(store: Store) -> None:
    known = record(store)
    stray = store.path(known).with_name("20261123_202500_ABCD.mp4")
    stray.write_bytes(WHOLE[:-1])
    repair(store)
    clips = store.journal.clips(known.recording_id)
    assert [clip.file for clip in clips] == [known.file, str(stray.relative_to(store.folder))]
    assert clips[1].frames == 2 * RATE_HZ


@pytest.mark.parametrize(
    "name",
    [
        "clips/notes.txt",
        "clips/holiday/film.mp4",
        "clips/u-1_S-1_20261123T202100Z/film.mp4",
        "clips/u-1_S-1_20261123T202100Z/20261123_202100_AB12.mp4.part",
        "clips/u-1_S-1_20269923T202100Z/20261123_202100_AB12.mp4",
        "clips/u-1_S-1_20261123T202100Z/" + "x" * 240 + ".mp4",
        "clips/u-1_S-1_20261123T202100Z/'; DROP TABLE clip; --.mp4",
        "clips/u-1_S-1_20261123T202100Z/\N{CAMERA}\x1b[31m.mp4",
        "clips/u-1_S-1_20261123T202100Z/\udcff.mp4",
    ],
)
def test_a_file_of_another_name_is_left_where_it_is_and_reported(store: Store, name: str) -> None:
    path = make_clip(store.folder / name, 3.0)
    assert repair(store) == []
    assert path.exists()
    (found,) = wrong(store)
    assert "the journal does not know it" in found
    assert found.isprintable()


@pytest.mark.parametrize("data", [b"", b"text", HEAD, bytes(9000)])
def test_a_file_of_our_name_without_footage_is_left_where_it_is(store: Store, data: bytes) -> None:
    path = store.folder / "clips/u-1_S-1_20261123T202100Z/20261123_202100_AB12.mp4"
    path.parent.mkdir()
    path.write_bytes(data)
    assert repair(store) == []
    assert path.read_bytes() == data
    assert len(wrong(store)) == 1


def test_an_unknown_file_that_cannot_be_read_does_not_stop_the_start(store: Store) -> None:
    path = store.folder / "clips/u-1_S-1_20261123T202100Z/20261123_202100_AB12.mp4"
    path.parent.mkdir()
    path.symlink_to(path)
    assert repair(store) == []
    assert len(wrong(store)) == 1


def test_an_empty_folder_that_a_cut_left_is_tidied_away(store: Store) -> None:
    (store.folder / "clips/u-1_S-1_20261123T202100Z").mkdir()
    repair(store)
    assert list((store.folder / "clips").iterdir()) == []


def test_a_clip_put_back_from_a_copy_is_no_second_clip(store: Store, tmp_path: Path) -> None:
    clip = record(store)
    shutil.copy(store.path(clip), tmp_path / "copy.mp4")
    store.path(clip).unlink()
    assert len(wrong(store)) == 1
    shutil.copy(tmp_path / "copy.mp4", store.path(clip))
    assert repair(store) == []
    assert wrong(store) == []
