"""The store as a folder: who holds it, what is refused, what a full disk does."""

import errno
import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bwv_device.errors import BwvError, Kind
from bwv_device.evidence import durable, schema
from bwv_device.evidence.errors import (
    IllegalStepError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreVersionError,
)
from bwv_device.evidence.journal import FILE_NAME, Journal
from bwv_device.evidence.lock import FILE_NAME as LOCK
from bwv_device.evidence.lock import StoreLock
from bwv_device.evidence.records import ClipState
from bwv_device.evidence.repair import repair
from bwv_device.evidence.store import Store
from bwv_device.protocol.errors import ProtocolError
from tests.support.clips import clip_bytes
from tests.support.stores import NEW_RECORDING, S, begin, deliver, new_clip, record, write_file

HOLDER = """
import sys
from pathlib import Path
from bwv_device.evidence.store import Store
store = Store.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_agent(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the store open."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file's hash, except what SQLite keeps in memory between processes (`-shm`)."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm") and path.stat().st_size
    }


def test_a_store_is_made_where_nothing_is(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "a" / "b" / "store")
    assert store.journal.clips() == []
    store.close()


def test_what_was_stored_is_there_again(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    clip = record(store)
    store.journal.add_bookmark(clip.recording_id, 5)
    store.close()
    again = Store.open(tmp_path)
    assert again.journal.clips() == [clip]
    assert [mark.at_utc_ns for mark in again.journal.bookmarks(clip.recording_id)] == [5]
    again.close()


def test_a_second_agent_is_refused_and_told_who_holds_the_store(tmp_path: Path) -> None:
    with another_agent(tmp_path) as holder:
        before = fingerprint(tmp_path)
        with pytest.raises(StoreBusyError, match=rf"\b{holder.pid}\b") as caught:
            Store.open(tmp_path)
        assert caught.value.kind is Kind.REFUSE
        assert fingerprint(tmp_path) == before


def test_a_kill_frees_the_store(tmp_path: Path) -> None:
    with another_agent(tmp_path) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        store = Store.open(tmp_path)
        store.try_write()
        store.close()
        assert store.folder == tmp_path


def test_the_same_process_cannot_open_it_twice_either(store: Store) -> None:
    with pytest.raises(StoreBusyError, match=str(os.getpid())):
        Store.open(store.folder)


def test_closing_frees_the_store(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"
    Store.open(tmp_path).close()


def test_a_lock_that_cannot_be_signed_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", no_room)
        with pytest.raises(StoreFullError):
            Store.open(tmp_path)
    Store.open(tmp_path).close()


def test_a_lock_closed_twice_is_closed(tmp_path: Path) -> None:
    lock = StoreLock(tmp_path)
    lock.close()
    lock.close()


def made_newer(folder: Path) -> None:
    """As a later version of this software would leave it after a kill: the log is not tidied."""
    script = (
        "import os, sqlite3, sys;"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('PRAGMA journal_mode = WAL');"
        f"c.execute('PRAGMA user_version = {schema.VERSION + 1}');"
        "c.execute('ALTER TABLE clip ADD COLUMN colour TEXT');"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, folder / FILE_NAME], check=True)


@pytest.mark.parametrize("opens", [Store.open, Journal.open_for_reading])
def test_a_newer_store_is_refused_and_not_touched(
    tmp_path: Path, opens: Callable[[Path], object]
) -> None:
    store = Store.open(tmp_path)
    record(store)
    store.close()
    made_newer(tmp_path)
    before = fingerprint(tmp_path)
    assert f"{FILE_NAME}-wal" in before
    for _ in range(2):
        with pytest.raises(StoreVersionError, match=f"version.*{schema.VERSION + 1}"):
            opens(tmp_path)
    (tmp_path / LOCK).write_text(f"{os.getpid()}\n")
    assert fingerprint(tmp_path) == before


@pytest.mark.parametrize("opens", [Store.open, Journal.open_for_reading])
@pytest.mark.parametrize(
    "sql", ["CREATE TABLE photo (id)", "PRAGMA user_version = 1", "PRAGMA user_version = 99"]
)
def test_another_programs_database_is_refused_and_not_touched(
    tmp_path: Path, sql: str, opens: Callable[[Path], object]
) -> None:
    foreign = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    foreign.execute(sql)
    foreign.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StoreVersionError, match="another"):
        opens(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize("opens", [Store.open, Journal.open_for_reading])
def test_a_journal_that_is_no_database_is_refused_with_what_to_do(
    tmp_path: Path, opens: Callable[[Path], object]
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database, and long enough to look like one" * 40)
    with pytest.raises(StoreError, match=r"damaged.*move it"):
        opens(tmp_path)


def test_an_empty_journal_file_is_a_lost_journal(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()
    store = Store.open(tmp_path)
    assert store.journal.recordings() == [] and store.journal.problems() == []
    store.close()


def test_an_upgrade_that_fails_leaves_the_version_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path)
    clip = record(store)
    store.close()
    broken = (*schema.STEPS, "ALTER TABLE clip ADD COLUMN colour TEXT; CREATE TABLE clip (id);")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "STEPS", broken)
        patch.setattr(schema, "VERSION", len(broken))
        with pytest.raises(StoreError):
            Store.open(tmp_path)
    again = Store.open(tmp_path)
    assert again.journal.clips() == [clip]
    again.close()


def test_an_older_store_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path)
    record(store)
    store.close()
    newer = (*schema.STEPS, "CREATE TABLE colour (id INTEGER PRIMARY KEY) STRICT;")
    monkeypatch.setattr(schema, "STEPS", newer)
    monkeypatch.setattr(schema, "VERSION", len(newer))
    with pytest.raises(StoreVersionError, match="start the agent once"):
        Journal.open_for_reading(tmp_path)
    Store.open(tmp_path).close()
    reader = Journal.open_for_reading(tmp_path)
    assert len(reader.clips()) == 1
    reader.close()


def test_a_reader_sees_what_a_running_agent_writes_and_cannot_write(store: Store) -> None:
    reader = Journal.open_for_reading(store.folder)
    clip = record(store)
    assert reader.clips() == [clip]
    with pytest.raises(StoreError, match="readonly"):
        reader.note_problem(clip.id, "x")
    reader.close()
    record(store, trigger_s=10)


def test_a_reader_reads_what_a_killed_agent_left(tmp_path: Path) -> None:
    script = HOLDER.replace(
        'print("open", flush=True)',
        "from tests.support.stores import record\nrecord(store)\nprint('open', flush=True)",
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        process.kill()
    reader = Journal.open_for_reading(tmp_path)
    assert len(reader.clips()) == 1
    reader.close()


def test_a_folder_without_a_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store in"):
        Journal.open_for_reading(tmp_path)


def test_a_folder_with_marks_in_its_name_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "a?mode=rw#b%20c'd"
    store = Store.open(folder)
    record(store)
    store.close()
    reader = Journal.open_for_reading(folder)
    assert len(reader.clips()) == 1
    reader.close()
    assert (folder / FILE_NAME).is_file()


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        Store.open(tmp_path / "file" / "store")


HOSTILE = [
    "",
    "../../etc/passwd",
    "a/b",
    "nul\0inside",
    "'; DROP TABLE clip; --",
    '"quoted" \\ <b>&amp;</b>',
    "x" * 10_000,
    "\N{POLICE OFFICER}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}\u202e\r\n\x1b[31m",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_people_are_kept_as_they_are(store: Store, name: str) -> None:
    new = replace(NEW_RECORDING, user_name=name, model=name, trigger_on=name, time_zone=name)
    recording = store.begin_recording(new)
    clip = store.open_clip(recording, new_clip(recording))
    assert store.journal.recording(recording.id).user_name == name
    assert store.path(clip).parent.parent == store.folder / "clips"
    store.journal.note_problem(clip.id, name)
    assert store.journal.clip(clip.id).problem == name
    assert store.journal.problems() == []


@pytest.mark.parametrize("name", [*HOSTILE, "a_b", ".", "..", "é"])
@pytest.mark.parametrize("what", ["user_id", "serial"])
def test_hostile_names_in_paths_are_refused(store: Store, what: str, name: str) -> None:
    with pytest.raises(ProtocolError):
        store.begin_recording(replace(NEW_RECORDING, **{what: name}))  # type: ignore[arg-type]
    assert store.journal.recordings() == []
    assert list((store.folder / "clips").iterdir()) == []


def test_text_that_is_no_unicode_is_an_error_of_ours(store: Store) -> None:
    with pytest.raises(StoreError, match="can't hold"):
        store.begin_recording(replace(NEW_RECORDING, user_name="\udcff"))
    with pytest.raises(StoreError, match="can't hold"):
        store.begin_recording(replace(NEW_RECORDING, pre_record_asked_ns=2**63))
    assert store.begin_recording(NEW_RECORDING).id


def test_a_broken_rule_is_an_error_of_ours_and_never_an_endless_search(store: Store) -> None:
    wrong_type = replace(NEW_RECORDING, pre_record_asked_ns="soon")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="refused"):
        store.begin_recording(wrong_type)
    recording = begin(store)
    store.open_clip(recording, new_clip(recording))
    with pytest.raises(StoreError, match="refused"):
        store.open_clip(recording, new_clip(recording))
    with pytest.raises(StoreError, match="refused"):
        store.journal.add_bookmark(999, 1)


def test_triggers_in_the_same_second_get_a_container_each(store: Store) -> None:
    """UTC may be set back between them."""
    recordings = [begin(store) for _ in range(3)]
    assert len({recording.container for recording in recordings}) == 3
    assert {recording.trigger_on_utc_ns for recording in recordings} == {
        NEW_RECORDING.trigger_on_utc_ns
    }


def test_clips_that_begin_in_the_same_second_get_a_file_each(store: Store) -> None:
    recording = begin(store)
    clips = [store.open_clip(recording, new_clip(recording, number)) for number in (1, 2, 3)]
    assert len({clip.file for clip in clips}) == 3


def test_a_file_that_lies_in_the_way_is_not_written_over(store: Store) -> None:
    recording = begin(store)
    first = store.open_clip(recording, new_clip(recording))
    store.journal.drop_empty_clip(first.id)
    in_the_way = store.path(first).with_name(f"20261123_202103_{recording.short_id}.mp4")
    in_the_way.write_bytes(b"mine")
    clip = store.open_clip(recording, new_clip(recording, 2, start_s=3))
    assert store.path(clip) != in_the_way
    with pytest.raises(FileExistsError):
        durable.create_new(in_the_way)
    assert in_the_way.read_bytes() == b"mine"


def test_only_what_is_acknowledged_is_freed(store: Store) -> None:
    clip = record(store)
    with pytest.raises(IllegalStepError):
        store.purge(clip)
    store.journal.begin_sending(clip.id)
    with pytest.raises(IllegalStepError):
        store.purge(clip)
    assert store.path(clip).read_bytes() == clip_bytes(3.0)
    store.journal.acknowledge(clip.id, "there")
    assert store.purge(clip).state is ClipState.PURGED
    assert not store.path(clip).exists()


def test_the_journal_lets_go_before_the_file_does(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = deliver(store, record(store))

    def broken(*_: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(durable, "remove", broken)
        with pytest.raises(StoreError, match="Input/output"):
            store.purge(clip)
    assert store.journal.clip(clip.id).state is ClipState.PURGED
    repair(store)
    assert not store.path(clip).exists()


def test_a_folder_stays_while_a_clip_is_about_to_come_into_it(store: Store) -> None:
    """A long recording is split; the first part may be freed before the next has its file."""
    recording = begin(store)
    first = store.open_clip(recording, new_clip(recording, 1))
    store.journal.drop_empty_clip(first.id)
    second = store.open_clip(recording, new_clip(recording, 2, start_s=5))
    store.remove_file(first)
    write_file(store.path(second), clip_bytes(1.0))


def no_room(*_: object, **__: object) -> None:
    """Any call on a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_to_be_full(tmp_path: Path, code: int) -> None:
    with (
        pytest.raises(StoreFullError, match="nothing was deleted"),
        durable.disk_errors("writing", tmp_path),
    ):
        raise OSError(code, "full")


def test_another_failure_of_the_disk_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match="Input/output") as caught,
        durable.disk_errors("writing", tmp_path),
    ):
        raise OSError(errno.EIO, "Input/output error")
    assert not isinstance(caught.value, StoreFullError)


@pytest.mark.parametrize(
    ("code", "cure"),
    [(errno.EFBIG, "split_bytes lower"), (errno.EROFS, "read-only"), (errno.EACCES, "its rights")],
)
def test_a_failure_of_the_disk_names_its_cure(tmp_path: Path, code: int, cure: str) -> None:
    with pytest.raises(StoreError, match=cure), durable.disk_errors("writing", tmp_path):
        raise OSError(code, os.strerror(code))


@pytest.mark.parametrize("name", ["mkdir", "iterdir"])
def test_a_clip_that_finds_no_room_for_its_folder_leaves_no_entry(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    recording = begin(store)
    with monkeypatch.context() as patch:
        patch.setattr(Path, name, no_room)
        with pytest.raises(StoreFullError):
            store.open_clip(recording, new_clip(recording))
    assert store.journal.clips() == []


def test_a_write_that_the_kernel_cuts_short_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, bytes(data)[:7]))
    write_file(tmp_path / "clip.mp4", clip_bytes(1.0))
    assert (tmp_path / "clip.mp4").read_bytes() == clip_bytes(1.0)


def test_trying_to_write_leaves_nothing(store: Store) -> None:
    before = sorted(store.folder.iterdir())
    (store.folder / "write-probe").write_bytes(b"left by a kill")
    store.try_write()
    assert sorted(store.folder.iterdir()) == before


def test_trying_to_write_on_a_full_disk_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(store.folder.iterdir())
    monkeypatch.setattr(os, "write", no_room)
    with pytest.raises(StoreFullError):
        store.try_write()
    assert sorted(store.folder.iterdir()) == before


def journal_that_is_full(store: Store) -> None:
    """From now on the journal's file can't grow."""
    connection = store.journal._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_journal_is_said_to_be_full_and_goes_on_afterwards(store: Store) -> None:
    clip = record(store)
    journal_that_is_full(store)
    with pytest.raises(StoreFullError, match="no room"):
        for number in range(10_000):
            store.journal.add_note(number, number, "note", "x" * 1000)
    assert store.journal.clips() == [clip]
    store.journal._connection.execute("PRAGMA max_page_count = 100000")
    store.journal.add_note(1, 1, "note", "room again")
    store.purge(deliver(store, clip))
    assert store.journal.notes()[-1].text == "room again"


def test_calls_on_a_closed_journal_are_errors_of_ours(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.close()
    for call in (store.journal.clips, lambda: store.journal.add_bookmark(1, 1)):
        with pytest.raises(StoreError, match="closed"):
            call()


def test_threads_may_share_the_journal(store: Store) -> None:
    recording = begin(store)
    failures: list[BwvError] = []

    def mark(first: int) -> None:
        try:
            for number in range(50):
                store.journal.add_bookmark(recording.id, first + number)
                store.journal.clips()
        except BwvError as error:
            failures.append(error)

    threads = [threading.Thread(target=mark, args=(1000 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.journal.bookmarks(recording.id)) == 200


def test_the_first_stop_stands(store: Store) -> None:
    recording = begin(store)
    store.journal.end_recording(recording.id, "LongPress", 5 * S)
    store.journal.end_recording(recording.id, "Recovered", 9 * S)
    kept = store.journal.recording(recording.id)
    assert (kept.trigger_off, kept.trigger_off_utc_ns) == ("LongPress", 5 * S)


def test_an_entry_that_is_not_there_is_said_so(store: Store) -> None:
    with pytest.raises(StoreError, match="no entry 7"):
        store.journal.clip(7)


def test_clips_of_a_journal_that_knew_no_overload_had_none(tmp_path: Path) -> None:
    first = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
    first.executescript(f"BEGIN;{schema.STEPS[0]}")
    first.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    first.execute("PRAGMA user_version = 1")
    first.execute(
        "INSERT INTO recording VALUES "
        "(1,'c','AB','u','n','s','m','f','on',1,NULL,NULL,0,'UTC',NULL)"
    )
    columns = (
        "id, recording_id, number, file, state, start_utc_ns, pre_record_delivered_ns, frame_ns"
    )
    done = ", end_reason, duration_ns, frames, frames_dropped, bytes, sha256, md5"
    first.execute(f"INSERT INTO clip ({columns}) VALUES (1, 1, 1, 'a', 'recording', 1, 0, 1)")
    first.execute(
        f"INSERT INTO clip ({columns}{done}) VALUES "
        "(2, 1, 2, 'b', 'finalised', 1, 0, 1, 'Stop', 1, 1, 0, 9, ?, ?)",
        ("a" * 64, "b" * 32),
    )
    first.execute("COMMIT")
    first.close()
    journal = Journal.open(tmp_path)
    clips = journal.clips()
    journal.close()
    assert [(clip.frames_skipped, clip.overload) for clip in clips] == [(None, None), (0, "")]
    assert [clip.picture_stream for clip in clips] == ["", ""]
