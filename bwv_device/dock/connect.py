"""From what a connection file says to a destination that can be spoken to.

Who uses it: `push`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bwv_device.dock.backoff import Patience
from bwv_device.dock.destination import Destination
from bwv_device.dock.http import Http
from bwv_device.dock.session import Session
from bwv_device.dock.stop import Stop
from bwv_device.protocol.connection import ConnectionFile
from hal.interfaces.clock import Clock


@contextmanager
def connected(
    connection: ConnectionFile,
    clock: Clock,
    stop: Stop,
    patience: Patience,
    credential: Path | None = None,
) -> Iterator[Destination]:
    """The destination, for as long as the block runs; `credential` is shown to it where it asks
    for a certificate. Raises `ConnectionFileError`."""
    http = Http(connection.certificates_pem(), stop, credential)
    try:
        yield Destination(Session(http, connection, clock), patience)
    finally:
        http.close()
