"""`check` finds every disagreement, and nothing where all agrees."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bwv_device.evidence import check as check_module
from bwv_device.evidence.check import Finding, Severity, bytes_to_read, check
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.journal import FILE_NAME, Journal
from bwv_device.evidence.records import Clip, ClipResult, ClipState, EndReason
from bwv_device.evidence.repair import repair
from bwv_device.evidence.store import Store
from tests.support.clips import clip_bytes
from tests.support.stores import begin, cut_off, damage_clip_rows, deliver, new_clip, record


def look(store: Store) -> list[Finding]:
    return check(store.folder, store.journal)


def the_only(found: list[Finding], severity: Severity = Severity.WRONG) -> Finding:
    (finding,) = found
    assert finding.severity is severity
    assert finding.to_do
    return finding


def test_an_empty_store_is_right(store: Store) -> None:
    assert look(store) == []


def test_clips_in_every_orderly_state_are_right(store: Store) -> None:
    record(store)
    store.journal.begin_sending(record(store, trigger_s=10).id)
    store.purge(deliver(store, record(store, trigger_s=20)))
    assert look(store) == []


def test_what_is_being_recorded_is_pending(store: Store) -> None:
    clip = cut_off(store, clip_bytes(1.0)[:-100])
    finding = the_only(look(store), Severity.PENDING)
    assert finding.where == clip.file and "being recorded" in finding.what


def test_an_entry_whose_file_does_not_exist_yet_is_pending(store: Store) -> None:
    recording = begin(store)
    store.open_clip(recording, new_clip(recording))
    assert "no file yet" in the_only(look(store), Severity.PENDING).what


@pytest.mark.parametrize("sending", [False, True])
def test_a_file_deleted_behind_the_journals_back_is_found(store: Store, sending: bool) -> None:
    clip = record(store)
    if sending:
        store.journal.begin_sending(clip.id)
    store.path(clip).unlink()
    finding = the_only(look(store))
    assert finding.where == clip.file and "gone" in finding.what
    repair(store)
    assert "gone" in the_only(look(store)).what


@pytest.mark.parametrize("at", [0, 3000, -1])
def test_one_altered_byte_is_found(store: Store, at: int) -> None:
    clip = record(store)
    data = bytearray(store.path(clip).read_bytes())
    data[at] ^= 1
    store.path(clip).write_bytes(data)
    assert "SHA-256" in the_only(look(store)).what


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"\0"])
def test_a_byte_more_or_less_is_found(store: Store, change: Callable[[bytes], bytes]) -> None:
    clip = record(store)
    store.path(clip).write_bytes(change(store.path(clip).read_bytes()))
    assert "bytes" in the_only(look(store)).what


def test_a_wrong_count_of_frames_is_found(store: Store) -> None:
    clip = cut_off(store, clip_bytes(1.0))
    digests = digest_file(store.path(clip))
    result = ClipResult(EndReason.STOP, 10**9, 999, 0, digests.bytes, digests.sha256, digests.md5)
    store.journal.finalise_clip(clip.id, result)
    assert "999" in the_only(look(store)).what


def test_a_file_that_cannot_be_read_is_found(store: Store) -> None:
    clip = record(store)
    store.path(clip).unlink()
    store.path(clip).mkdir()
    assert "can't be read" in the_only(look(store)).what


def test_an_acknowledged_clip_that_is_not_freed_is_pending(store: Store) -> None:
    clip = deliver(store, record(store), "there")
    assert "there" in the_only(look(store), Severity.PENDING).what
    store.path(clip).unlink()
    the_only(look(store), Severity.PENDING)


def test_an_acknowledged_clip_that_was_altered_is_wrong(store: Store) -> None:
    clip = deliver(store, record(store))
    store.path(clip).write_bytes(b"something else")
    assert [found.severity for found in look(store)] == [Severity.WRONG, Severity.PENDING]


def test_a_freed_clip_whose_file_is_there_is_pending(store: Store) -> None:
    clip = deliver(store, record(store))
    store.journal.purge(clip.id)
    assert "still there" in the_only(look(store), Severity.PENDING).what


def test_a_clip_freed_without_a_destination_is_wrong(store: Store) -> None:
    """The journal's own rules do not let it be written; somebody edited the file."""
    clip = record(store)
    store.purge(deliver(store, clip))
    store.journal._connection.execute("PRAGMA ignore_check_constraints = ON")
    store.journal._connection.execute("UPDATE clip SET destination = NULL")
    finding = next(found for found in look(store) if found.where == clip.file)
    assert "no destination" in finding.what


def test_a_recording_completed_too_early_is_wrong(store: Store) -> None:
    clip = record(store)
    store.journal.complete_recording(clip.recording_id, 1)
    assert "completed" in the_only(look(store)).what


def test_a_recording_completed_without_a_lost_clip_has_one_finding(store: Store) -> None:
    """The destination was told that it is missing; docking again brings nothing."""
    clip = record(store)
    store.path(clip).unlink()
    store.journal.complete_recording(clip.recording_id, 1)
    assert "gone" in the_only(look(store)).what


def test_a_file_that_appears_while_the_check_runs_is_no_finding(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running agent opens a clip at any moment."""
    files = check_module._files

    def then_a_clip_begins(folder: Path) -> list[str]:
        found = files(folder)
        cut_off(store, clip_bytes(1.0))
        return found

    monkeypatch.setattr(check_module, "_files", then_a_clip_begins)
    the_only(look(store), Severity.PENDING)


def test_a_clip_freed_while_the_check_runs_is_no_finding(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store)

    def freed_under_our_eyes(path: Path, _on_read: object = None) -> object:
        (clip,) = store.journal.clips()
        if clip.state is ClipState.FINALISED:
            store.purge(deliver(store, clip))
        return digest_file(path)

    monkeypatch.setattr(check_module, "digest_file", freed_under_our_eyes)
    assert look(store) == []


def test_the_bytes_to_read_are_those_that_are_read(store: Store) -> None:
    clips = [record(store, trigger_s=number) for number in (0, 10, 20)]
    store.purge(deliver(store, clips[0]))
    deliver(store, clips[1])
    read: list[int] = []
    check(store.folder, store.journal, read.append)
    assert sum(read) == bytes_to_read(store.folder, store.journal) == 2 * (clips[0].bytes or 0)


def test_a_damaged_journal_is_a_finding_not_a_crash(store: Store) -> None:
    for number in range(40):
        record(store, clip_bytes(1.0), trigger_s=number)
    store.close()
    damage_clip_rows(store.folder)
    journal = Journal.open_for_reading(store.folder)
    found = check(store.folder, journal)
    assert found and all(one.severity is Severity.WRONG for one in found)
    assert found[0].where == FILE_NAME
    journal.close()


def test_an_entry_of_a_recording_that_is_not_there_is_found(store: Store) -> None:
    clip: Clip = record(store)
    raw = sqlite3.connect(store.folder / FILE_NAME)
    raw.execute("DELETE FROM recording WHERE id = ?", (clip.recording_id,))
    raw.commit()
    raw.close()
    assert "not there" in the_only(look(store)).what
