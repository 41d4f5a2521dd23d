"""From a connection file on the card to a destination that can be spoken to.

Who uses it: `push`, `worker`, and the commands that take a connection file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bwv_device.dock.backoff import Patience
from bwv_device.dock.destination import Destination
from bwv_device.dock.errors import ConnectionFileError
from bwv_device.dock.http import Http
from bwv_device.dock.session import Session
from bwv_device.dock.stop import Stop
from bwv_device.protocol.connection import FILE_MAX_BYTES, ConnectionFile, parse_connection_file
from bwv_device.protocol.errors import ProtocolError
from hal.interfaces.clock import Clock


def load_connection(path: Path) -> ConnectionFile:
    """Read a connection file; raises `ConnectionFileError` that names it and what to do."""
    try:
        with path.open("rb") as file:
            return parse_connection_file(file.read(FILE_MAX_BYTES + 1))
    except OSError as error:
        raise ConnectionFileError(
            f"the connection file {path} can't be read ({error.strerror or error}): get one from "
            "the destination's operator, or name another with dock.connection_file"
        ) from error
    except ProtocolError as error:
        raise ConnectionFileError(
            f"{path}: {error}; get a new one from the destination's operator"
        ) from error


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
