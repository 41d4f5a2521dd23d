"""A cut while the very first start made the journal leaves a transaction that is half done."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bwv_device.evidence.errors import StoreVersionError
from bwv_device.evidence.journal import FILE_NAME
from bwv_device.evidence.store import Store
from tests.support.stores import NEW_RECORDING

ROLLBACK = FILE_NAME + "-journal"


def leave_half_done(folder: Path, *, application_id: int = 0) -> None:
    """A database as a cut leaves it: pages of a transaction in the file, and the journal by
    which they are taken back."""
    made = folder.parent / "made"
    made.mkdir()
    folder.mkdir()
    with closing(sqlite3.connect(made / FILE_NAME, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id = {application_id}")
        if application_id:
            connection.execute("CREATE TABLE theirs (text TEXT)")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE half (text TEXT)")
        for _ in range(200):
            connection.execute("INSERT INTO half VALUES (?)", ("x" * 4000,))
        for name in (FILE_NAME, ROLLBACK):
            shutil.copy(made / name, folder / name)


def test_a_store_whose_first_start_was_cut_opens(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    leave_half_done(folder)
    with (
        closing(sqlite3.connect(f"file:{folder / FILE_NAME}?mode=ro", uri=True)) as reader,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        reader.execute("SELECT count(*) FROM sqlite_master")
    store = Store.open(folder)
    store.begin_recording(NEW_RECORDING)
    assert len(store.journal.recordings()) == 1
    store.close()


def test_another_programs_database_that_was_cut_is_refused_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    leave_half_done(folder, application_id=7)
    with pytest.raises(StoreVersionError, match="another program"):
        Store.open(folder)
    with closing(sqlite3.connect(folder / FILE_NAME)) as theirs:
        assert [name for (name,) in theirs.execute("SELECT name FROM sqlite_master")] == ["theirs"]
