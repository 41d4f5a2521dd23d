"""Searches everything that a process has on a disk, or open, for stretches of given payloads.

Used by the test that nothing untriggered reaches a disk.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

STRETCH_BYTES = 24
"""Long enough that no two encoded pictures share one by chance; a leak of twice that less one
byte, at any place in a file, is found."""


def stretches(payloads: Iterable[bytes]) -> set[bytes]:
    """All stretches of the payloads, one behind the other. Runs of few values are left out: an
    encoder fills up with them, so they say nothing."""
    return {
        data[start : start + STRETCH_BYTES]
        for data in payloads
        for start in range(0, len(data) - STRETCH_BYTES + 1, STRETCH_BYTES)
        if len(set(data[start : start + STRETCH_BYTES])) >= STRETCH_BYTES // 3
    }


def windows(payloads: Iterable[bytes]) -> set[bytes]:
    """Stretches that begin at any byte."""
    return {
        data[start : start + STRETCH_BYTES]
        for data in payloads
        for start in range(len(data) - STRETCH_BYTES + 1)
    }


def found_in(data: bytes, wanted: set[bytes]) -> bool:
    """Whether any of the stretches is in `data`."""
    return any(
        data[start : start + STRETCH_BYTES] in wanted
        for start in range(len(data) - STRETCH_BYTES + 1)
    )


def files_below(folder: Path) -> Iterator[Path]:
    """Every regular file, however deep."""
    yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def open_files(pids: Iterable[int]) -> dict[Path, str]:
    """Regular files that the processes have open, whether they have a name or not: a path by
    which each can be read, and what the kernel says it is."""
    found = {}
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            # It may be closed between the two looks.
            with suppress(FileNotFoundError):
                if stat.S_ISREG(handle.stat().st_mode):
                    found[handle] = os.readlink(handle)
    return found


def nameless(pids: Iterable[int]) -> list[str]:
    """Files without a name that the processes have open or mapped to write to: removed ones, and
    files in memory, which the kernel may swap to a disk."""
    pids = list(pids)
    held = [link for link in open_files(pids).values() if link.endswith(" (deleted)")]
    for pid in pids:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            if " rw-s " in line and line.endswith(" (deleted)"):
                held.append(line)
    return held


def traces(wanted: set[bytes], folder: Path, pids: Iterable[int] = ()) -> list[str]:
    """Where stretches were found: files below `folder`, and what the processes have open."""
    paths = {path: str(path) for path in files_below(folder)} | open_files(pids)
    found = []
    for path, name in paths.items():
        with suppress(FileNotFoundError):
            if found_in(path.read_bytes(), wanted):
                found.append(name)
    return found
