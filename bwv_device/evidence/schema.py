"""The journal's tables and how an older journal becomes a newer one."""

import sqlite3

from bwv_device.evidence.errors import StoreVersionError

APPLICATION_ID = 0x42575631
"""Marks the file as ours ("BWV1"), so that another program's database is not taken for it."""

_VERSION_1 = """
CREATE TABLE recording (
    id INTEGER PRIMARY KEY,
    container TEXT NOT NULL UNIQUE,
    short_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    serial TEXT NOT NULL,
    model TEXT NOT NULL,
    firmware_version TEXT NOT NULL,
    trigger_on TEXT NOT NULL,
    trigger_on_utc_ns INTEGER NOT NULL,
    trigger_off TEXT,
    trigger_off_utc_ns INTEGER,
    pre_record_asked_ns INTEGER NOT NULL,
    time_zone TEXT NOT NULL,
    completed_utc_ns INTEGER
) STRICT;
CREATE TABLE clip (
    id INTEGER PRIMARY KEY,
    recording_id INTEGER NOT NULL REFERENCES recording (id),
    number INTEGER NOT NULL,
    file TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK
        (state IN ('recording', 'finalised', 'sending', 'acknowledged', 'purged')),
    start_utc_ns INTEGER NOT NULL,
    pre_record_delivered_ns INTEGER NOT NULL,
    pre_record_short_reason TEXT,
    frame_ns INTEGER NOT NULL,
    end_reason TEXT,
    duration_ns INTEGER,
    frames INTEGER,
    frames_dropped INTEGER,
    bytes INTEGER,
    sha256 TEXT,
    md5 TEXT,
    destination TEXT,
    problem TEXT,
    UNIQUE (recording_id, number),
    CHECK ((state = 'recording') = (end_reason IS NULL)),
    CHECK (state IN ('recording', 'purged') OR (duration_ns >= 0 AND frames >= 0
        AND frames_dropped >= 0 AND bytes > 0 AND length(sha256) = 64 AND length(md5) = 32)),
    CHECK ((state IN ('acknowledged', 'purged') AND end_reason <> 'NothingRecorded')
        = (coalesce(destination, '') <> ''))
) STRICT;
CREATE TABLE bookmark (
    id INTEGER PRIMARY KEY,
    recording_id INTEGER NOT NULL REFERENCES recording (id),
    at_utc_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE track_point (
    recording_id INTEGER NOT NULL REFERENCES recording (id),
    at_utc_ns INTEGER NOT NULL,
    latitude_deg REAL NOT NULL,
    longitude_deg REAL NOT NULL,
    accuracy_m REAL NOT NULL
) STRICT;
CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    at_utc_ns INTEGER NOT NULL,
    at_monotonic_ns INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
"""

_VERSION_2 = """
ALTER TABLE clip ADD COLUMN certificate TEXT;
ALTER TABLE clip ADD COLUMN account TEXT;
"""
"""JSON of `BufferCertificate` and `ClipAccount`; null where nothing is known."""

_VERSION_3 = """
ALTER TABLE clip ADD COLUMN frames_skipped INTEGER CHECK (frames_skipped >= 0);
ALTER TABLE clip ADD COLUMN overload TEXT;
UPDATE clip SET frames_skipped = 0, overload = '' WHERE state <> 'recording';
"""
"""No older version left frames out."""

_VERSION_4 = """
ALTER TABLE recording ADD COLUMN clock_run TEXT NOT NULL DEFAULT '';
ALTER TABLE recording ADD COLUMN utc_offset_ns INTEGER;
ALTER TABLE recording ADD COLUMN utc_error_ns INTEGER;
ALTER TABLE clip ADD COLUMN start_utc_error_ns INTEGER;
ALTER TABLE clip ADD COLUMN drift_ppm REAL;
CREATE TABLE clock_correction (
    id INTEGER PRIMARY KEY,
    clock_run TEXT NOT NULL,
    at_monotonic_ns INTEGER NOT NULL,
    offset_before_ns INTEGER NOT NULL,
    offset_after_ns INTEGER NOT NULL,
    error_before_ns INTEGER,
    error_after_ns INTEGER
) STRICT;
"""

_VERSION_5 = """
ALTER TABLE clip ADD COLUMN picture_stream TEXT NOT NULL DEFAULT '';
"""
"""No older version passed a camera's own stream on."""

_VERSION_6 = """
ALTER TABLE recording ADD COLUMN configuration_sha256 TEXT NOT NULL DEFAULT '';
"""

_VERSION_7 = """
ALTER TABLE clip ADD COLUMN chain TEXT CHECK (length(chain) = 64);
"""
"""No older version wrote chains."""

_VERSION_8 = """
CREATE TABLE receipt (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
    container TEXT NOT NULL,
    anchor_sha256 TEXT NOT NULL CHECK (length(anchor_sha256) = 64),
    device TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    text TEXT NOT NULL,
    received_utc_ns INTEGER NOT NULL
) STRICT;
ALTER TABLE clip ADD COLUMN receipt_id INTEGER REFERENCES receipt (id);
ALTER TABLE clip ADD COLUMN receipt_due INTEGER NOT NULL DEFAULT 0 CHECK
    (receipt_due IN (0, 1) AND (state <> 'purged' OR receipt_due = 0 OR receipt_id IS NOT NULL));
"""
"""No clip that a receipt is due for is ever purged without one, whoever asks."""

_VERSION_9 = """
ALTER TABLE clip ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0 CHECK (sealed IN (0, 1));
ALTER TABLE clip ADD COLUMN clear_sha256 TEXT CHECK (length(clear_sha256) = 64);
CREATE TABLE sealing (
    id INTEGER PRIMARY KEY,
    accepted_utc_ns INTEGER NOT NULL,
    public_key_pem TEXT NOT NULL,
    public_key_id TEXT NOT NULL
) STRICT;
"""
"""No older version sealed anything."""

_VERSION_10 = """
CREATE TABLE sealed_track (
    id INTEGER PRIMARY KEY,
    recording_id INTEGER NOT NULL REFERENCES recording (id),
    key_file TEXT NOT NULL
) STRICT;
CREATE TABLE sealed_track_piece (
    track_id INTEGER NOT NULL REFERENCES sealed_track (id),
    stored BLOB NOT NULL,
    closing BLOB NOT NULL CHECK (length(closing) = 16)
) STRICT;
"""
"""Positions of a recording that is sealed; `track_point` has those in the clear."""

STEPS: tuple[str, ...] = (
    *(_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5),
    *(_VERSION_6, _VERSION_7, _VERSION_8, _VERSION_9, _VERSION_10),
)
"""`STEPS[n]` brings a journal of version n to version n + 1."""

VERSION = len(STEPS)


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Create or upgrade the tables, one version a transaction.

    Raises `StoreVersionError` when the journal is newer than this software or is not ours.
    """
    found = _found_version(connection)
    for number in range(found, VERSION):
        connection.executescript(
            f"BEGIN IMMEDIATE;{STEPS[number]}"
            f"PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {number + 1};COMMIT;"
        )


def require_ours(connection: sqlite3.Connection) -> None:
    """For looking first: raise `StoreVersionError` unless this software may write to it."""
    _found_version(connection)


def require_known(connection: sqlite3.Connection) -> None:
    """For readers: raise `StoreVersionError` unless the journal is of this very version."""
    found = _found_version(connection)
    if found != VERSION:
        raise StoreVersionError(
            f"the store's journal has version {found}, this software reads {VERSION}: "
            "start the agent once with this version, it brings the store up to date"
        )


def _found_version(connection: sqlite3.Connection) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if owner != APPLICATION_ID and (tables or version):
        raise StoreVersionError(
            "journal.sqlite is another program's database: choose another storage folder"
        )
    if version > VERSION:
        raise StoreVersionError(
            f"the store was written by a newer version (journal {version}, this one knows "
            f"{VERSION}): update this software; nothing in the store was touched"
        )
    return version
