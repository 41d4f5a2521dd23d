"""Writes notes into the journal and facts into the ledger, in a thread of its own.

Who uses it: the owner thread, the gauges and the recorder's reports: none may wait for the disk.
"""

import logging
import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from bwv_device.agent.facts import Said
from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.ledger.entry import Stamp
from bwv_device.evidence.ledger.keeper import Fact, LedgerKeeper
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.evidence.utc import error_at
from hal.interfaces.clock import NS_PER_S, Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Note:
    at_utc_ns: int
    at_monotonic_ns: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """`reached` is set when all that was queued before it is written."""

    reached: threading.Event


CATCH_UP_S = 10.0
"""A card that takes longer has a fault that shows by itself; what is late goes up the next time."""


class Scribe:
    """From `start` to `close`; what comes is written in the order it came."""

    def __init__(self, journal: Journal, clock: Clock, ledger: LedgerKeeper) -> None:
        self._journal, self._clock, self._ledger = journal, clock, ledger
        self._queue: queue.SimpleQueue[_Note | Fact | _Mark | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def note(self, kind: str, text: str, at_ns: int | None = None) -> None:
        """Enter a fact that happened at `at_ns` monotonic, or now; never blocks."""
        now_ns = self._clock.monotonic_ns()
        happened_ns = now_ns if at_ns is None else at_ns
        at_utc_ns = self._clock.utc_ns() - now_ns + happened_ns
        log.info("%s: %s", kind, text)
        self._queue.put(_Note(at_utc_ns, happened_ns, kind, text))

    def enter(self, said: Said) -> None:
        """Enter a fact into the ledger; never blocks."""
        self._queue.put(Fact(said.kind, said.data, self._stamp(said.at_ns)))

    def catch_up(self) -> None:
        """Wait until what was queued so far is written, or `CATCH_UP_S`; not for the owner
        thread."""
        mark = _Mark(threading.Event())
        self._queue.put(mark)
        if not self._clock.wait(mark.reached, CATCH_UP_S):
            log.warning("the ledger goes up without its newest facts: the card is slow")

    def close(self) -> None:
        """Write what is queued, then end. The ledger stays the caller's."""
        self._queue.put(None)
        self._thread.join()

    def _stamp(self, at_ns: int | None) -> Stamp:
        now = self._clock.utc_reading()
        happened_ns = now.monotonic_ns if at_ns is None else at_ns
        error_ns = now.error_ns
        if error_ns is not None:
            error_ns = error_at(error_ns, now.monotonic_ns - happened_ns)
        return Stamp(happened_ns + now.offset_ns, error_ns, happened_ns)

    def _run(self) -> None:
        while (entry := self._next()) is not None:
            match entry:
                case Fact():
                    self._ledger.enter(self._completed(entry))
                case _Mark(reached=reached):
                    reached.set()
                case _:
                    self._write_note(entry)
            self._ledger.settle()

    def _next(self) -> _Note | Fact | _Mark | None:
        """What comes next; what has to be done meanwhile is done."""
        while True:
            due_ns = self._ledger.due_ns()
            if due_ns is None:
                return self._queue.get()
            wait_s = max(0.0, (due_ns - self._clock.monotonic_ns()) / NS_PER_S)
            try:
                return self._queue.get(timeout=wait_s)
            except queue.Empty:
                self._ledger.settle()

    def _write_note(self, note: _Note) -> None:
        try:
            self._journal.add_note(note.at_utc_ns, note.at_monotonic_ns, note.kind, note.text)
        except StoreError as error:
            # The log still has it; the recorder reports the disk's fault by itself.
            log.error("the note %r could not be entered: %s", note.text, error)

    def _completed(self, fact: Fact) -> Fact:
        """With what only the journal knows of a clip; what it does not say is left out."""
        look = _FROM_JOURNAL.get(fact.kind)
        if look is None:
            return fact
        try:
            clip = self._journal.clip_in(str(fact.data["file"]))
        except StoreError as error:
            log.error("%s is entered without what the journal has: %s", fact.kind, error)
            return fact
        known = {name: getattr(clip, name) for name in look}
        return Fact(fact.kind, {**fact.data, **known}, fact.stamp)


_FROM_JOURNAL: Mapping[str, tuple[str, ...]] = {
    Kind.CLIP_FINALISED: ("end_reason", "frames", "frames_dropped", "bytes", "sha256"),
    Kind.CLIP_FREED: ("destination", "sha256"),
}
"""Columns of the clip's row, by the fact's kind."""
