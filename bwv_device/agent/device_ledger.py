"""The camera's own ledger: where it lies, who signs it, and what a run begins with.

Who uses it: the agent makes one; the scribe enters, the dock client hands segments over.
"""

import logging
from typing import TYPE_CHECKING

from bwv_device.agent.facts import Said
from bwv_device.configuration.fingerprint import fingerprint
from bwv_device.configuration.model import Configuration
from bwv_device.configuration.signer import open_signer
from bwv_device.errors import BwvError
from bwv_device.evidence.ledger.entry import Stamp
from bwv_device.evidence.ledger.keeper import LedgerKeeper
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.evidence.ledger.segment import FOLDER
from bwv_device.evidence.store import Store
from bwv_device.version import VERSION
from hal.interfaces.clock import Clock

if TYPE_CHECKING:
    from bwv_device.evidence.ledger.ledger import Ledger
    from bwv_device.evidence.signer import Signer


log = logging.getLogger(__name__)


def device_ledger(configuration: Configuration, clock: Clock, store: Store) -> LedgerKeeper:
    """The ledger in `store`; opened, with the first fact, by the thread that enters it."""
    device, folder = configuration.device, store.folder
    run: list[str] = []

    def now() -> Stamp:
        reading = clock.utc_reading()
        return Stamp(reading.utc_ns, reading.error_ns, reading.monotonic_ns)

    def signer() -> "Signer | None":
        try:
            return open_signer(configuration)
        except BwvError as error:
            # A ledger that nobody signs is better than none, and says so.
            log.error("the ledger goes on without a signer: %s", error)
            return None

    def open_it() -> "Ledger":
        # Here and not above: signatures need a library that takes its time to import, and a
        # camera that starts has better to do.
        from bwv_device.evidence.ledger.ledger import Ledger

        made = Ledger.open(
            *(folder / FOLDER, device.serial, now, signer(), next(iter(run), None), signer)
        )
        run[:] = [made.run]
        return made

    return LedgerKeeper(open_it, clock.monotonic_ns)


def boot_said(configuration: Configuration) -> Said:
    """What the first entry of a run says."""
    device = configuration.device
    data = {
        "version": VERSION,
        "serial": device.serial,
        "model": device.model,
        "configuration_sha256": fingerprint(configuration),
    }
    return Said(Kind.BOOT, data)
