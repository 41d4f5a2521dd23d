"""The thread that pushes while the camera is docked, and stops at once when it is not.

Who uses it: the agent. It never waits for the worker, except in `close`.
"""

import logging
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bwv_device.configuration.keeping import Dock
from bwv_device.dock.backoff import Backoff, Chance
from bwv_device.dock.connection_file import load_connection
from bwv_device.dock.describe import Identity
from bwv_device.dock.events import DockEvent, NextTry, Problem, Report
from bwv_device.dock.stop import Stop
from bwv_device.errors import BwvError, Kind
from bwv_device.evidence.ledger.keeper import LedgerKeeper
from bwv_device.evidence.store import Store
from hal.interfaces.clock import Clock

if TYPE_CHECKING:
    from bwv_device.dock.push import Order
    from bwv_device.evidence.manifest.keeping import Manifests

log = logging.getLogger(__name__)

SLOW_FACTOR = 10
"""Where a person has to act first, rounds come this many times the longest retry wait apart:
10 min at the default 60 s."""


class DockWorker:
    """Pushes a store between `begin` and `end`, which any thread may call, in any order.

    `report` is called in the worker's thread. Nothing of a docking is reported after the
    worker noticed its end, but what was under way when `end` was called may still be.
    """

    def __init__(
        self,
        store: Store,
        connection_file: Path,
        clock: Clock,
        identity: Identity,
        report: Report,
        *,
        settings: Dock | None = None,
        order: "Order | None" = None,
        chance: Chance = random.random,
        manifests: "Callable[[], Manifests] | None" = None,
        ledger: LedgerKeeper | None = None,
    ) -> None:
        """Start the thread. The connection file is read anew in each round, so that a new one
        counts without a restart. Without `order` the oldest recordings go first."""
        self._store = store
        self._connection_file = connection_file
        self._clock = clock
        self._identity = identity
        self._report = report
        self._settings = settings or Dock()
        self._order = order
        self._chance = chance
        self._manifests, self._ledger = manifests, ledger
        self._changed = threading.Condition()
        self._stop: Stop | None = None
        self._waiting = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="dock", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """The camera is in its dock: push. When that is so already, nothing changes."""
        with self._changed:
            if self._stop is None and not self._closed:
                self._stop = Stop()
                self._waiting = True
                self._changed.notify_all()

    def end(self) -> None:
        """The camera was taken off: break off what is under way. Returns at once."""
        with self._changed:
            stop, self._stop = self._stop, None
            self._waiting = False
        if stop is not None:
            stop.set()

    def close(self) -> None:
        """End for good, and wait until the thread has gone: at once, unless it is looking an
        address up or connecting, which can't be broken off."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.end()
        self._thread.join()

    def _run(self) -> None:
        while (stop := self._next_docking()) is not None:
            self._push_until_done(stop)

    def _next_docking(self) -> Stop | None:
        """Wait for `begin`; None when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            self._waiting = False
            return None if self._closed else self._stop

    def _push_until_done(self, stop: Stop) -> None:
        backoff = Backoff(self._settings.retry_first_s, self._settings.retry_most_s, self._chance)
        slow_s = self._settings.retry_most_s * SLOW_FACTOR
        while not stop.is_set():
            next_try = self._round(stop)
            if next_try is NextTry.NOT_NEEDED:
                return
            wait_s = slow_s if next_try is NextTry.SLOWLY else backoff.next_s()
            log.info("the next round comes in %.0f s", wait_s)
            self._clock.wait(stop.event, wait_s)

    def _round(self, stop: Stop) -> NextTry:
        # Here and not above: what checks signatures takes its time to import, and a camera that
        # starts has better to do.
        from bwv_device.dock.push import oldest_first, push_all

        try:
            connection = load_connection(self._connection_file)
            summary = push_all(
                self._store,
                connection,
                self._clock,
                self._identity,
                self._tell,
                settings=self._settings,
                stop=stop,
                order=self._order or oldest_first,
                chance=self._chance,
                manifests=None if self._manifests is None else self._manifests(),
                ledger=self._ledger,
            )
        except BwvError as error:
            # The connection file, or the store: `push_all` has told everything else.
            log.error("%s", error)
            self._tell(Problem(error.kind, str(error)))
            return NextTry.SLOWLY
        except Exception as error:
            # A fault of ours must neither end the thread nor pass unseen.
            log.exception("the dock client failed")
            self._tell(Problem(Kind.FAULT, f"the dock client failed: {error!r}; see the log"))
            return NextTry.SLOWLY
        return summary.next_try

    def _tell(self, event: DockEvent) -> None:
        """A listener that fails must not keep footage on the camera."""
        try:
            self._report(event)
        except Exception:
            log.exception("nobody was told: %s", event)
