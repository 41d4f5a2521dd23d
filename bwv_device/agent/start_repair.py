"""Puts right what a power cut or a kill left in the store, beside a camera that is ready.

Who uses it: the agent. What has to be known before anything is recorded is found while it boots;
the footage itself, which may be hours, is read and hashed in a thread of its own, behind all
other work of the machine.
"""

import logging
import os
import threading
from collections.abc import Callable

from bwv_device.errors import BwvError
from bwv_device.evidence.left_behind import NOTHING
from bwv_device.evidence.repair import BrokenOffError, Repair, look, put_right
from bwv_device.evidence.store import Store

log = logging.getLogger(__name__)

_LOWEST_PRIORITY = 19


class StartRepair:
    """`look`, then `start`, then perhaps `close` before it is done: the next start goes on."""

    def __init__(
        self,
        store: Store,
        repaired: Callable[[Repair], None],
        failed: Callable[[BwvError], None],
        done: Callable[[], None] = lambda: None,
    ) -> None:
        """All are called in the thread: for each clip that was put right, should the store fail,
        and when all is put right."""
        self._store = store
        self._repaired, self._failed, self._done = repaired, failed, done
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="repair", daemon=True)

    def look(self) -> None:
        """Find what there is to do; the time for it does not depend on how much footage was cut
        off. Raises `StoreError`."""
        look(self._store)

    def start(self) -> None:
        """Put it right."""
        if self._store.left_behind != NOTHING:
            self._thread.start()

    def close(self) -> None:
        """Break it off, and wait until that has happened: for the reading of one clip at most."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        # Of this thread alone: Linux has a priority for each.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)
        try:
            for made in put_right(self._store, self._go_on):
                self._repaired(made)
                self._go_on()
            self._done()
        except BrokenOffError:
            log.warning("the repair was broken off: the next start goes on with it")
        except BwvError as error:
            self._failed(error)
        except Exception as error:
            # A fault of ours must neither end the thread nor pass unseen.
            log.exception("the repair has failed")
            self._failed(BwvError(f"the repair failed by an error in the software ({error!r})"))

    def _go_on(self, _bytes: int = 0) -> None:
        if self._closing.is_set():
            raise BrokenOffError
