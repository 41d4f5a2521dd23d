"""A media process that notes when each sync returned.

Used by the benchmark of the recorder in place of the camera's own media process, as
`python -m tests.bench.recorder_syncs FILE SOCKET`; the notes are in FILE when it has ended.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bwv_device.evidence.journal import Journal
from bwv_device.media.process import main as media_process
from hal import registry
from hal.interfaces.clock import Clock

_TRANSACTION = "_transaction"
JOURNAL = "journal"
"""Stands for a path in the transactions among the syncs."""


@dataclass(frozen=True)
class Sync:
    """A sync of `path`, which then had `size` bytes."""

    path: str
    begin_ns: int
    end_ns: int
    size: int


def read_syncs(path: Path) -> list[Sync]:
    """What a media process has left in `path`."""
    return [Sync(**values) for values in json.loads(path.read_text())]


def main() -> int:
    """As the media process, with the notes written behind its last clip."""
    path, syncs = Path(sys.argv.pop(1)), list[Sync]()
    _watch_syncs(registry.open_clock(), syncs)
    code = media_process.main()
    path.write_text(json.dumps([asdict(sync) for sync in syncs]))
    return code


def _watch_syncs(clock: Clock, syncs: list[Sync]) -> None:
    """Note each sync of a file or folder from now on, and each transaction of the journal by
    the keeper, which is a wait for the disk as well."""

    def watched(real: Callable[[int], None]) -> Callable[[int], None]:
        def sync(handle: int) -> None:
            begin_ns = clock.monotonic_ns()
            real(handle)
            end_ns = clock.monotonic_ns()
            path, size = os.readlink(f"/proc/self/fd/{handle}"), os.fstat(handle).st_size
            syncs.append(Sync(path, begin_ns, end_ns, size))

        return sync

    for name in ("fsync", "fdatasync"):
        setattr(os, name, watched(getattr(os, name)))
    setattr(Journal, _TRANSACTION, _timed(getattr(Journal, _TRANSACTION), clock, syncs))


def _timed(real: Callable[..., Any], clock: Clock, syncs: list[Sync]) -> Callable[..., Any]:
    @contextmanager
    def transaction(journal: Journal) -> Iterator[Any]:
        begin_ns = clock.monotonic_ns()
        with real(journal) as connection:
            yield connection
        if threading.current_thread().name == "keeper":
            syncs.append(Sync(JOURNAL, begin_ns, clock.monotonic_ns(), 0))

    return transaction


if __name__ == "__main__":
    sys.exit(main())
