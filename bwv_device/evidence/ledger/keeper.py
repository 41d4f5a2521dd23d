"""Keeps a ledger going whatever the disk does: what can't be entered waits, and what can't wait is
counted.

Who uses it: the agent's scribe, whose thread enters all facts; the dock client, which closes
segments; the server. No call but `close_segment` raises for what a disk does.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.ledger.entry import Entry, Stamp
from bwv_device.evidence.ledger.kinds import Kind, Own

if TYPE_CHECKING:
    # It brings the library of signatures with it, which a camera loads beside its start.
    from bwv_device.evidence.ledger.ledger import Ledger

log = logging.getLogger(__name__)

WAITING_MAX = 10_000
"""Facts that wait while the disk takes none: some hours of a camera at rest, and a few MB."""
SYNC_WITHIN_NS = 1_000_000_000
"""So old is the oldest entry that is not synced at most; see docs/design/ledger.md, L2."""
RETRY_NS = 5_000_000_000
"""Between two tries to open a ledger that could not be opened or written."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What is to be entered."""

    kind: str
    data: Mapping[str, Any]
    stamp: Stamp


def _nobody_queues() -> None:
    """What is to be entered is entered at once."""


class LedgerKeeper:
    """From construction to `close`; any thread may call, and waits for the disk with it."""

    def __init__(self, open_ledger: Callable[[], "Ledger"], mono_ns: Callable[[], int]) -> None:
        """`open_ledger` is called when the first fact comes, and again after an error. It may
        raise `StoreError`."""
        self._open, self._mono_ns = open_ledger, mono_ns
        self.catch_up: Callable[[], None] = _nobody_queues
        """Returns once what happened so far was entered; set by whoever enters by a queue."""
        self._lock = threading.RLock()
        self._ledger: Ledger | None = None
        self._waiting: deque[Fact] = deque()
        self._lost: list[Fact] = []
        """The first that was lost and the last."""
        self._lost_count = 0
        self._retry_at_ns: int | None = None
        self._sync_at_ns: int | None = None

    def enter(self, fact: Fact) -> None:
        """Enter it as soon as the disk takes it."""
        with self._lock:
            if len(self._waiting) >= WAITING_MAX:
                self._lose(self._waiting.popleft())
            self._waiting.append(fact)
            self._write()

    def due_ns(self) -> int | None:
        """When `settle` has something to do, monotonic; None: nothing."""
        with self._lock:
            return self._retry_at_ns if self._waiting else self._sync_at_ns

    def settle(self) -> None:
        """Sync what has to be, or try again what failed, where it is time for it."""
        with self._lock:
            due_ns = self.due_ns()
            if due_ns is None or self._mono_ns() < due_ns:
                return
            self._write()
            self._sync()

    def sync(self) -> None:
        """Sync now, for whoever answers somebody on the strength of an entry."""
        with self._lock:
            self._sync()

    @contextmanager
    def opened(self) -> Iterator["Ledger"]:
        """The ledger with everything entered, for as long as the block lasts, while nobody else
        writes. Raises `StoreError` when there is none now; one raised inside has it opened anew."""
        with self._lock:
            self._retry_at_ns = None
            self._write()
            if self._ledger is None:
                raise StoreError("the ledger can't be written now: see the log, check the card")
            try:
                yield self._ledger
            except StoreError as error:
                self._fail(error)
                raise

    def close(self) -> None:
        """Enter what waits, sign and let go."""
        with self._lock:
            self._retry_at_ns = None
            self._write()
            if self._ledger is not None:
                try:
                    self._ledger.close()
                except StoreError as error:
                    log.error("the ledger could not be closed: %s", error)
            if self._waiting or self._lost_count:
                count = len(self._waiting) + self._lost_count
                log.error("%s entries of the ledger are lost: the disk took none", count)

    def _write(self) -> None:
        if self._retry_at_ns is not None and self._mono_ns() < self._retry_at_ns:
            return
        try:
            self._ledger = self._ledger or self._open()
            while self._waiting:
                self._enter_lost(self._ledger)
                self._append(self._ledger, self._waiting[0])
                self._waiting.popleft()
        except StoreError as error:
            self._fail(error)
            return
        self._retry_at_ns = None
        if self._sync_at_ns is None and not self._ledger.is_synced:
            self._sync_at_ns = self._mono_ns() + SYNC_WITHIN_NS

    def _append(self, ledger: "Ledger", fact: Fact) -> Entry | None:
        try:
            return ledger.append(fact.kind, fact.data, fact.stamp)
        except (ValueError, TypeError) as error:
            # A fault of ours must not keep all others out, and must be seen.
            log.exception("%s can't be entered", fact.kind)
            text = f"{fact.kind} could not be entered: {error}"[:500]
            return ledger.append(Kind.FAULT, {"what": "ledger", "text": text}, fact.stamp)

    def _sync(self) -> None:
        if self._ledger is None:
            return
        try:
            self._ledger.sync()
        except StoreError as error:
            self._fail(error)
            return
        self._sync_at_ns = None

    def _fail(self, error: StoreError) -> None:
        if self._retry_at_ns is None:
            log.error("the ledger can't be written, what happens waits in memory: %s", error)
        if self._ledger is not None:
            self._ledger.abandon()
            self._ledger = None
        self._sync_at_ns = None
        self._retry_at_ns = self._mono_ns() + RETRY_NS

    def _lose(self, fact: Fact) -> None:
        self._lost_count += 1
        self._lost[1:] = [fact]

    def _enter_lost(self, ledger: "Ledger") -> None:
        if not self._lost_count:
            return
        first, last = self._lost[0], self._lost[-1]
        times = {"from_mono_ns": first.stamp.mono_ns, "to_mono_ns": last.stamp.mono_ns}
        ledger.append(Own.LOST, {"count": self._lost_count, **times}, last.stamp)
        self._lost, self._lost_count = [], 0
