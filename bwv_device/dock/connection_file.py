"""Reads a connection file from the card.

Who uses it: `worker`, the agent's start, and the commands that take a connection file. Apart from
`connect`, because a camera that starts does not have to wait for what speaks HTTP.
"""

from pathlib import Path

from bwv_device.dock.errors import ConnectionFileError
from bwv_device.protocol.connection import FILE_MAX_BYTES, ConnectionFile, parse_connection_file
from bwv_device.protocol.errors import ProtocolError


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
