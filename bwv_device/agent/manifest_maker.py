"""Makes the manifests of clips that are closed, in a thread of its own, behind all other work.

Who uses it: the agent pokes it behind each clip that was closed and behind the repair; the dock
client shares what it makes them with. A manifest that can't be made keeps nothing from recording
or docking: it is told, and tried again at the next poke.
"""

import logging
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from bwv_device.errors import BwvError
from bwv_device.evidence.store import Store
from hal.interfaces.clock import Clock

if TYPE_CHECKING:
    from bwv_device.evidence.manifest.keeping import Manifests
    from bwv_device.evidence.signer import Signer

log = logging.getLogger(__name__)

_LOWEST_PRIORITY = 19


class ManifestMaker:
    """`start`, then `poke` from any thread, then `close`, which makes what is still missing."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        open_signer: "Callable[[], Signer]",
        failed: Callable[[str], None],
    ) -> None:
        """`failed` is told, in the thread, why a manifest could not be made; once a reason."""
        self._store, self._clock, self._open_signer = store, clock, open_signer
        self._failed = failed
        self._told = ""
        self._made: Manifests | None = None
        self._making = threading.Lock()
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="manifests", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier run has left to do."""
        self._wanted.set()
        self._thread.start()

    def poke(self) -> None:
        """A clip may have been closed; never blocks."""
        self._wanted.set()

    def close(self) -> None:
        """Make what is still missing, then end."""
        self._closing.set()
        self._wanted.set()
        if self._thread.ident is not None:
            self._thread.join()

    def manifests(self) -> "Manifests":
        """The manifests of the store; any thread."""
        # Here and not above: signatures need libraries that take their time to import, and a
        # camera that starts has better to do.
        from bwv_device.evidence.manifest.keeping import Manifests

        with self._making:
            if self._made is None:
                self._made = Manifests(self._store, self._open_signer, self._clock.utc_ns)
            return self._made

    def _run(self) -> None:
        # Of this thread alone: Linux has a priority for each.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)
        while True:
            self._wanted.wait()
            self._wanted.clear()
            closing = self._closing.is_set()
            self._sweep()
            if closing:
                return

    def _sweep(self) -> None:
        try:
            for path in self.manifests().ensure_all():
                log.info("%s was made", path.name)
            self._told = ""
        except BwvError as error:
            self._tell(f"a manifest can't be made now: {error}")
        except Exception as error:
            # A fault of ours must neither end the thread nor pass unseen.
            log.exception("making manifests failed")
            self._tell(f"making manifests failed by an error in the software ({error!r})")

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._failed(text)
