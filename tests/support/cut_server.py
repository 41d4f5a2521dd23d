"""A server that is going to lose its power, and the clients to whom it has promised something.

Run in the rig's guest as `python -m tests.support.cut_server FOLDER JOB SECONDS`. JOB gets `acked`
and `promises` (see `tests/support/promises.py`). Within SECONDS two cameras dock again and again, a
third client brings objects in appends, and a neighbour on the same disk writes and never syncs.
A promise is noted once the client that it was given to has it.
"""

import hashlib
import itertools
import os
import random
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bwv_device.dock.docking import Step
from bwv_device.dock.events import ClipSent, DockEvent, RecordingCompleted
from bwv_device.dock.push import push_all
from bwv_device.evidence.store import Store
from bwv_device.protocol import resumable
from hal import registry
from hal.interfaces.clock import Clock
from tests.destination.hostile.arena import CONTAINER, Arena
from tests.support.footage import IDENTITY, add_recording
from tests.support.neighbour import neighbour
from tests.support.promises import PromiseFiles

LIMITS = {"reserve_bytes": 1 << 20}
"""The disk is small. Everything else is as it is shipped."""
CAMERAS = 2
CLIPS, LEAST_BYTES, MOST_BYTES = 2, 20_000, 90_000
"""Of a recording: small, so that many come to their end in the slow guest."""
APPENDS, APPEND_BYTES = 3, 30_000
NEIGHBOUR_EVERY_S = 0.05


def main(folder: Path, job: Path, seconds: float) -> None:
    """Work for so long, then stop in order."""
    clock = registry.open_clock()
    promises = PromiseFiles(job)
    server = Arena(folder, LIMITS)
    server.wire.open_recording()
    over = threading.Event()
    write = neighbour(folder.parent / "neighbour")

    def beside() -> None:
        clock.wait(over, NEIGHBOUR_EVERY_S)
        write()

    with tempfile.TemporaryDirectory() as cameras, ThreadPoolExecutor(CAMERAS + 2) as pool:
        docks = [
            Camera(Path(cameras) / str(number), number, server, clock, promises).dock
            for number in range(CAMERAS)
        ]
        jobs = [*docks, Appender(server, promises).bring, beside]
        works = [pool.submit(_repeat, job, over) for job in jobs]
        wait(works, timeout=seconds, return_when=FIRST_EXCEPTION)
        over.set()
        for each in works:
            each.result()
    server.close()
    promises.close()


def _repeat(job: Callable[[], object], over: threading.Event) -> None:
    """Again and again, until it is over; what fails ends it."""
    while not over.is_set():
        job()


class Camera:
    """One that records and docks, with a store where no power is cut."""

    def __init__(
        self, folder: Path, number: int, server: Arena, clock: Clock, promises: PromiseFiles
    ) -> None:
        self._store = Store.open(folder)
        self._serial = f"CUT-{number}"
        self._connection = server.connection
        self._clock = clock
        self._promises = promises
        self._chance = random.Random(number)
        self._count = itertools.count()
        self._receipts = 0

    def dock(self) -> None:
        """One recording, handed over. Raises `RuntimeError` when it was not."""
        size = self._chance.randint(LEAST_BYTES, MOST_BYTES)
        add_recording(self._store, next(self._count), CLIPS, size, self._serial)
        identity = replace(IDENTITY, serial=self._serial)
        summary = push_all(
            self._store, self._connection, self._clock, identity, self._hear, at=self._at
        )
        if not summary.ok:
            raise RuntimeError(f"not handed over: {summary}")

    def _hear(self, event: DockEvent) -> None:
        if isinstance(event, ClipSent):
            name = Path(event.clip.file).name
            self._promises.note(
                "object", container=event.container, name=name, sha256=event.clip.sha256
            )
        elif isinstance(event, RecordingCompleted):
            self._promises.note("complete", container=event.recording.container)

    def _at(self, step: Step) -> None:
        if step is Step.RECEIPT_STORED:
            receipts = self._store.journal.receipts()
            for each in receipts[self._receipts :]:
                self._promises.note("receipt", container=each.container, text=each.text)
            self._receipts = len(receipts)


class Appender:
    """A client that brings objects bit by bit, and is told how far each has come."""

    def __init__(self, server: Arena, promises: PromiseFiles) -> None:
        self._wire = server.wire
        self._sign_in = server.sign_in
        self._promises = promises
        self._count = itertools.count()

    def bring(self) -> None:
        """One object. Raises `AssertionError` when an answer is not the promise it should be."""
        self._sign_in()
        name = f"20231114_221500_A{next(self._count):03}.mp4"
        body = os.urandom(APPENDS * APPEND_BYTES)
        where = self._create(name, body)
        for start in range(0, len(body), APPEND_BYTES):
            self._append(where, name, body, start)
        digest = hashlib.sha256(body).hexdigest()
        self._promises.note("object", container=CONTAINER, name=name, sha256=digest)

    def _create(self, name: str, body: bytes) -> str:
        headers = {resumable.UPLOAD_COMPLETE: "?0", resumable.UPLOAD_LENGTH: str(len(body))}
        made = self._wire.put(CONTAINER, name, headers=headers)
        assert made.status == 201, made
        return urlsplit(made.headers["location"]).path

    def _append(self, where: str, name: str, body: bytes, start: int) -> None:
        end = start + APPEND_BYTES
        is_last = end == len(body)
        headers = {
            resumable.UPLOAD_COMPLETE: "?1" if is_last else "?0",
            resumable.UPLOAD_OFFSET: str(start),
            "Content-Type": resumable.PARTIAL_UPLOAD,
        }
        answer = self._wire.ask("PATCH", where, body[start:end], headers)
        assert answer.status == (201 if is_last else 204), answer
        if not is_last:
            self._promises.note("offset", upload=where, name=name, offset=end)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
