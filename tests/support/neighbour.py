"""Somebody else on the same disk, who writes and never syncs.

Used by what is going to lose its power: many writes are on their way then whenever it goes.
"""

import os
from collections.abc import Callable
from pathlib import Path

_BYTES, _MOST_BYTES = 48 * 1024, 4 * 1024 * 1024


def neighbour(path: Path) -> Callable[[], None]:
    """Somebody else's log: written by each call, begun anew when it is long, never synced."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write() -> None:
        if os.fstat(handle).st_size > _MOST_BYTES:
            os.ftruncate(handle, 0)
        os.write(handle, os.urandom(_BYTES))

    return write
