"""The journal: what the device knows of every recording, in SQLite.

Who uses it: the recorder's writer, the dock client and the commands, each from its own
thread. Every call is one transaction that is on the disk when it returns (WAL with
`synchronous=FULL`). SQLite is used as it is in the standard library: the device needs six
tables and no object mapper.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bwv_device.evidence import schema
from bwv_device.evidence.errors import IllegalStepError, StoreError
from bwv_device.evidence.records import (
    LIFE_CYCLE,
    Bookmark,
    Clip,
    ClipResult,
    ClipState,
    EndReason,
    NewClip,
    NewReceipt,
    NewRecording,
    Note,
    Recording,
    StoredReceipt,
    TrackPoint,
)
from bwv_device.evidence.rows import clip_of, fields, insert, pre_record
from bwv_device.evidence.sealing.rows import SealingRows
from bwv_device.evidence.sqlite_errors import sqlite_errors
from bwv_device.evidence.utc import ClockCorrection

FILE_NAME = "journal.sqlite"
_BUSY_TIMEOUT_S = 10.0
_PRIMARY = 0xFF
"""The low byte of an extended result code is the plain one."""


class Journal(SealingRows):
    """One connection, one lock: calls from any thread, one after another."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path) -> "Journal":
        """Open for writing, creating or upgrading as needed.

        Raises `StoreVersionError` for a newer journal or another program's database, neither
        of which is touched, `StoreError` for a broken one.
        """
        path = folder / FILE_NAME
        with sqlite_errors("opening"):
            if path.exists():
                _require_ours(path)
            connection = _connect(path, "rwc")
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                schema.bring_up_to_date(connection)
            except BaseException:
                connection.close()
                raise
        return cls(connection)

    @classmethod
    def open_for_reading(cls, folder: Path) -> "Journal":
        """Open beside a running agent; any attempt to write fails.

        Raises `StoreError` when there is no journal in `folder`, `StoreVersionError` when it is
        of another version.
        """
        path = folder / FILE_NAME
        if not path.is_file():
            raise StoreError(f"no store in {folder}: name the folder that the agent records into")
        with sqlite_errors("opening"):
            connection = _connect(path, "ro")
            try:
                schema.require_known(connection)
            except BaseException:
                connection.close()
                raise
        return cls(connection)

    def close(self) -> None:
        with self._lock, sqlite_errors("closing"):
            self._connection.close()

    # Writing: recordings

    def add_recording(self, new: NewRecording, container: str, short_id: str) -> Recording | None:
        """Enter a recording; None when the container's name is taken."""
        values = {**fields(new), "container": container, "short_id": short_id}
        with self._transaction() as connection:
            try:
                cursor = connection.execute(insert("recording", values), values)
            except sqlite3.IntegrityError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
                    raise
                return None
        return self.recording(int(cursor.lastrowid or 0))

    def end_recording(self, recording_id: int, trigger_off: str, at_utc_ns: int) -> None:
        """Note why and when the recording was stopped; the first reason stands."""
        self._run(
            "UPDATE recording SET trigger_off = ?, trigger_off_utc_ns = ? "
            "WHERE id = ? AND trigger_off IS NULL",
            (trigger_off, at_utc_ns, recording_id),
        )

    def complete_recording(self, recording_id: int, at_utc_ns: int) -> None:
        """Note that the destination accepted the whole recording."""
        self._run(
            "UPDATE recording SET completed_utc_ns = ? WHERE id = ?", (at_utc_ns, recording_id)
        )

    # Writing: clips

    def add_clip(self, new: NewClip, file: str) -> Clip:
        """Enter a clip in state `recording`, before its file exists."""
        values = {**fields(new), "file": file, "state": ClipState.RECORDING.value}
        cursor = self._run(insert("clip", values), values)
        return self.clip(int(cursor.lastrowid or 0))

    # Each step raises `IllegalStepError`, and changes nothing, from any other state.

    def finalise_clip(self, clip_id: int, result: ClipResult) -> None:
        """recording -> finalised, with what was measured while writing."""
        values = fields(result)
        if result.certificate is None:
            del values["certificate"]
        else:
            values |= pre_record(result.certificate)
        self._step(clip_id, ClipState.RECORDING, ClipState.FINALISED, values)

    def drop_empty_clip(self, clip_id: int) -> None:
        """recording -> purged, for a clip that never had a whole fragment."""
        empty = {"end_reason": EndReason.NOTHING_RECORDED.value, "frames": 0, "duration_ns": 0}
        self._step(clip_id, ClipState.RECORDING, ClipState.PURGED, empty)

    def begin_sending(self, clip_id: int) -> None:
        """finalised -> sending; nothing changes when it is being sent already."""
        none = {"problem": None}
        self._step(clip_id, ClipState.FINALISED, ClipState.SENDING, none, may_be_done=True)

    def put_back(self, clip_id: int, problem: str) -> None:
        """sending -> finalised, with what kept it from being taken over."""
        self._step(clip_id, ClipState.SENDING, ClipState.FINALISED, {"problem": problem})

    def acknowledge(self, clip_id: int, destination: str, *, receipt_due: bool = False) -> None:
        """sending -> acknowledged: the server proved that it holds these very bytes. With
        `receipt_due` it also gives receipts, and nothing else frees the clip."""
        there = {"destination": destination, "problem": None, "receipt_due": receipt_due}
        self._step(clip_id, ClipState.SENDING, ClipState.ACKNOWLEDGED, there)

    def take_back(self, clip_id: int, problem: str) -> None:
        """acknowledged -> finalised: the destination does not hold it any more."""
        here = {"destination": None, "problem": problem, "receipt_due": False, "receipt_id": None}
        self._step(clip_id, ClipState.ACKNOWLEDGED, ClipState.FINALISED, here)

    def add_receipt(self, new: NewReceipt, clip_ids: Iterable[int]) -> None:
        """Enter a receipt, and that it covers these clips, which may be freed from now on. The same
        receipt again is the same one."""
        values = fields(new)
        with self._transaction() as connection:
            known = connection.execute("SELECT id FROM receipt WHERE sha256 = ?", (new.sha256,))
            enter = f"{insert('receipt', values)} RETURNING id"
            row = known.fetchone() or connection.execute(enter, values).fetchone()
            for clip_id in clip_ids:
                connection.execute(
                    "UPDATE clip SET receipt_id = ?, receipt_due = 1 "
                    "WHERE id = ? AND state = 'acknowledged'",
                    (row["id"], clip_id),
                )

    def purge(self, clip_id: int) -> None:
        """acknowledged -> purged; the file may go from now on, and goes after this."""
        waits = "SELECT 1 FROM clip WHERE id = ? AND receipt_due = 1 AND receipt_id IS NULL"
        if self._rows(waits, (clip_id,)):
            raise IllegalStepError(f"clip {clip_id} waits for its destination's receipt")
        self._step(clip_id, ClipState.ACKNOWLEDGED, ClipState.PURGED, {})

    def note_problem(self, clip_id: int, problem: str | None) -> None:
        """Say, in words for a person, what keeps a clip from moving on."""
        self._run("UPDATE clip SET problem = ? WHERE id = ?", (problem, clip_id))

    def note_overload(self, clip_id: int, overload: str) -> None:
        """When frames were left out of a clip so far: a cut must not make losses of them."""
        self._run("UPDATE clip SET overload = ? WHERE id = ?", (overload, clip_id))

    # Writing: the rest

    def add_bookmark(self, recording_id: int, at_utc_ns: int) -> None:
        """Enter a bookmark; one of the same instant that is there already is the same one."""
        self._run(
            "INSERT INTO bookmark (recording_id, at_utc_ns) SELECT :recording, :at WHERE NOT "
            "EXISTS (SELECT 1 FROM bookmark WHERE recording_id = :recording AND at_utc_ns = :at)",
            {"recording": recording_id, "at": at_utc_ns},
        )

    def add_track_point(self, point: TrackPoint) -> None:
        values = fields(point)
        self._run(insert("track_point", values), values)

    def add_note(self, at_utc_ns: int, at_monotonic_ns: int, kind: str, text: str) -> None:
        self._run(
            "INSERT INTO note (at_utc_ns, at_monotonic_ns, kind, text) VALUES (?, ?, ?, ?)",
            (at_utc_ns, at_monotonic_ns, kind, text),
        )

    def add_clock_correction(self, correction: ClockCorrection) -> None:
        values = fields(correction)
        self._run(insert("clock_correction", values), values)

    # Reading

    def recordings(self) -> list[Recording]:
        """All recordings, oldest first."""
        return [Recording(**row) for row in self._rows("SELECT * FROM recording ORDER BY id")]

    def recording(self, recording_id: int) -> Recording:
        return Recording(**self._one("SELECT * FROM recording WHERE id = ?", recording_id))

    def clips(self, recording_id: int | None = None, state: ClipState | None = None) -> list[Clip]:
        """Clips in order of recording and number; all of them without arguments."""
        rows = self._rows(
            "SELECT * FROM clip WHERE (:recording IS NULL OR recording_id = :recording) "
            "AND (:state IS NULL OR state = :state) ORDER BY recording_id, number",
            {"recording": recording_id, "state": state.value if state else None},
        )
        return [clip_of(row) for row in rows]

    def clip(self, clip_id: int) -> Clip:
        return clip_of(self._one("SELECT * FROM clip WHERE id = ?", clip_id))

    def clip_in(self, file: str) -> Clip:
        """The clip whose file this is, below the store's folder. Raises `StoreError`."""
        rows = self._rows("SELECT * FROM clip WHERE file = ?", (file,))
        if not rows:
            raise StoreError(f"the journal knows no clip {file}: run `bwv check`")
        return clip_of(rows[0])

    def bookmarks(self, recording_id: int) -> list[Bookmark]:
        rows = self._rows(
            "SELECT * FROM bookmark WHERE recording_id = ? ORDER BY at_utc_ns", (recording_id,)
        )
        return [Bookmark(**row) for row in rows]

    def track(self, recording_id: int) -> list[TrackPoint]:
        rows = self._rows(
            "SELECT * FROM track_point WHERE recording_id = ? ORDER BY at_utc_ns", (recording_id,)
        )
        return [TrackPoint(**row) for row in rows]

    def receipts(self) -> list[StoredReceipt]:
        """All of them, in the order in which they came."""
        return [StoredReceipt(**row) for row in self._rows("SELECT * FROM receipt ORDER BY id")]

    def receipts_around(self, new: NewReceipt) -> list[StoredReceipt]:
        """Receipts from the same anchor with its number, the one before and the one after."""
        rows = self._rows(
            "SELECT * FROM receipt WHERE anchor_sha256 = ? AND device = ? "
            "AND number BETWEEN ? AND ? ORDER BY number",
            (new.anchor_sha256, new.device, new.number - 1, new.number + 1),
        )
        return [StoredReceipt(**row) for row in rows]

    def clock_corrections(self) -> list[ClockCorrection]:
        """All of them, in the order in which they were seen."""
        rows = self._rows("SELECT * FROM clock_correction ORDER BY id")
        return [
            ClockCorrection(**{name: value for name, value in row.items() if name != "id"})
            for row in rows
        ]

    def notes(self) -> list[Note]:
        return [Note(**row) for row in self._rows("SELECT * FROM note ORDER BY id")]

    def problems(self) -> list[str]:
        """What SQLite itself finds wrong with the journal's file; empty when all is well.

        Raises `StoreError` when it is too broken even for that.
        """
        found = [str(row["integrity_check"]) for row in self._rows("PRAGMA integrity_check")]
        lost = [
            f"an entry in {row['table']} belongs to a {row['parent']} that is not there"
            for row in self._rows("PRAGMA foreign_key_check")
        ]
        return ([] if found == ["ok"] else found) + lost

    # Inside

    def _step(
        self,
        clip_id: int,
        came_from: ClipState,
        to: ClipState,
        values: dict[str, Any],
        *,
        may_be_done: bool = False,
    ) -> None:
        """Move a clip along its life cycle; the check and the change are one transaction."""
        assert to in LIFE_CYCLE[came_from]
        with self._transaction() as connection:
            row = connection.execute("SELECT state FROM clip WHERE id = ?", (clip_id,)).fetchone()
            found = row["state"] if row else "unknown"
            if may_be_done and found == to:
                return
            if found != came_from:
                raise IllegalStepError(f"clip {clip_id} is {found}, it can't become {to}")
            changes = {**values, "state": to.value}
            assignments = ", ".join(f"{name} = :{name}" for name in changes)
            connection.execute(
                f"UPDATE clip SET {assignments} WHERE id = :id", {**changes, "id": clip_id}
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, sqlite_errors("writing"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have made SQLite roll back by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _run(self, sql: str, values: Any) -> sqlite3.Cursor:
        with self._transaction() as connection:
            return connection.execute(sql, values)

    def _rows(self, sql: str, values: Any = ()) -> list[dict[str, Any]]:
        with self._lock, sqlite_errors("reading"):
            return [dict(row) for row in self._connection.execute(sql, values)]

    def _one(self, sql: str, key: int) -> dict[str, Any]:
        rows = self._rows(sql, (key,))
        if not rows:
            raise StoreError(f"the journal has no entry {key}: run `bwv check`")
        return rows[0]


def _require_ours(path: Path) -> None:
    """Look first: even switching to WAL would change a file that is not ours."""
    try:
        with closing(_connect(path, "ro")) as connection:
            schema.require_ours(connection)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_READONLY:
            raise
        # A cut left a transaction half done, as one of the very first start does: nobody can
        # read the file before SQLite has taken that back, which any reader would have it do.
        with closing(_connect(path, "rw")) as connection:
            schema.require_ours(connection)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """`mode` as SQLite's URI has it: `rwc` writes and creates, `ro` changes no byte of the
    journal, also not by tidying up its log when it closes."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        check_same_thread=False,
        isolation_level=None,
        timeout=_BUSY_TIMEOUT_S,
    )
