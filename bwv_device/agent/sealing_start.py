"""At the camera's start: if its destination wants sealed footage, none is recorded in the clear.

Who uses it: `assemble`, before anything can be recorded. What was accepted before holds also when
the connection file can't be read now, or says another thing.
"""

import logging

from bwv_device.configuration.model import Configuration
from bwv_device.dock.connection_file import load_connection
from bwv_device.dock.sealing import accept
from bwv_device.errors import BwvError
from bwv_device.evidence.store import Store
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)


def accept_destination(configuration: Configuration, store: Store, clock: Clock) -> None:
    """Let the store know what the configured destination wants. Never raises: a camera must
    record, whatever its connection file looks like; each docking tells what is wrong with that."""
    path = configuration.dock.connection_file
    if path is None:
        return
    try:
        accept(store, load_connection(path), clock.utc_ns())
    except BwvError as error:
        log.error("the destination's wish for sealed footage could not be learnt: %s", error)
