"""Wraps SQLite's errors once, with what to do next.

Who uses it: the journal.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from bwv_device.evidence.errors import StoreError, StoreFullError

_PRIMARY = 0xFF
"""The low byte of an extended result code is the plain one."""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@contextmanager
def sqlite_errors(doing: str) -> Iterator[None]:
    """Turn what SQLite raises into a `StoreError`, or a `StoreFullError` when there is no room.

    A value that SQLite can't hold (text that is no Unicode, a number above 64 bits) is one too.
    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise StoreError(
            f"the journal refused an entry that breaks its rules while {doing}: {error}; "
            "nothing was changed, please report it"
        ) from error
    except sqlite3.Error as error:
        raise _wrapped(doing, error) from error
    except (UnicodeError, OverflowError) as error:
        raise StoreError(f"the journal can't hold a value while {doing}: {error}") from error


def _wrapped(doing: str, error: sqlite3.Error) -> StoreError:
    # Errors of the Python module itself carry no code.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code & _PRIMARY == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return StoreFullError(
            f"no room left for the journal while {doing}: dock the camera; nothing was deleted"
        )
    if code & _PRIMARY in _DAMAGED:
        return StoreError(
            f"journal.sqlite is damaged ({error}): keep a copy of it, move it and its -wal and "
            "-shm files out of the store, and start the agent; it takes the clips over again"
        )
    return StoreError(
        f"the journal failed while {doing}: {error}; check the card, and the rights to the store"
    )
