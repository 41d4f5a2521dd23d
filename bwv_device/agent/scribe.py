"""Writes notes into the journal, in a thread of its own.

Who uses it: the owner thread and the recorder's reports: neither may wait for the disk.
"""

import logging
import queue
import threading
from dataclasses import dataclass

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.journal import Journal
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    at_utc_ns: int
    at_monotonic_ns: int
    kind: str
    text: str


class Scribe:
    """From `start` to `close`; entries are written in the order they came."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal, self._clock = journal, clock
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def note(self, kind: str, text: str, at_ns: int | None = None) -> None:
        """Enter a fact that happened at `at_ns` monotonic, or now; never blocks."""
        now_ns = self._clock.monotonic_ns()
        happened_ns = now_ns if at_ns is None else at_ns
        at_utc_ns = self._clock.utc_ns() - now_ns + happened_ns
        log.info("%s: %s", kind, text)
        self._queue.put(_Entry(at_utc_ns, happened_ns, kind, text))

    def close(self) -> None:
        """Write what is queued, then end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (entry := self._queue.get()) is not None:
            try:
                self._journal.add_note(
                    entry.at_utc_ns, entry.at_monotonic_ns, entry.kind, entry.text
                )
            except StoreError as error:
                # The log still has it; the recorder reports the disk's fault by itself.
                log.error("the note %r could not be entered: %s", entry.text, error)
