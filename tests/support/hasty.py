"""A disk that is not waited for, for tests that write thousands of times and cut no power."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class _UnsyncedConnection(sqlite3.Connection):
    """Leaves its pages to the kernel."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        return super().execute(sql.replace("synchronous = FULL", "synchronous = OFF"), *values)


_MEMORY = Path("/dev/shm")


@contextmanager
def hasty_folder() -> Iterator[Path]:
    """A temporary folder, in memory where the system has such a place."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="bwv-test-", dir=place) as folder:
        yield Path(folder)


@contextmanager
def hasty_disk() -> Iterator[None]:
    """No sync of a file, and no sync of a journal that is opened meanwhile, reaches the disk."""
    connect = sqlite3.connect

    def hastily(*args: Any, **options: Any) -> sqlite3.Connection:
        return connect(*args, **options, factory=_UnsyncedConnection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", hastily)
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(os, "fdatasync", lambda _: None)
        yield
