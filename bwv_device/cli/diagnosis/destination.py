"""The content destination: whether there is one, and its connection file can be used."""

import stat
from collections.abc import Iterator
from pathlib import Path

from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.configuration import Configuration
from bwv_device.evidence.sealing.errors import SealError
from bwv_device.evidence.sealing.key_file import load_public_key
from bwv_device.protocol.connection import ConnectionFile, parse_connection_file
from bwv_device.protocol.errors import ProtocolError

OTHERS = stat.S_IRGRP | stat.S_IROTH


def destination(configuration: Configuration) -> Iterator[Finding]:
    """The connection file can be read and understood, and is nobody else's to read."""
    path = configuration.dock.connection_file
    if path is None:
        cure = "set dock.connection_file; `bwv dock serve` writes one"
        yield Finding("destination", Health.WARN, "none: clips stay on the device", cure)
        return
    try:
        connection = parse_connection_file(path.read_bytes())
    except OSError as error:
        cure = "put the file there, or correct dock.connection_file"
        yield Finding("destination", Health.MISSING, f"{path}: {error.strerror}", cure)
    except ProtocolError as error:
        cure = "ask the destination's operator for a new connection file"
        yield Finding("destination", Health.MISSING, f"{path}: {error}", cure)
    else:
        yield from _secrecy(path)
        yield from _sealing(connection)
        seen = f"{connection.site_name}, {connection.application_name}"
        yield Finding("destination", Health.OK, f"{seen}: {path}")


def _sealing(connection: ConnectionFile) -> Iterator[Finding]:
    """Whether the destination's wish for sealed footage can be met."""
    key = connection.public_key_pem()
    if not connection.want_encryption or key is None:
        return
    try:
        load_public_key(key)
    except SealError as error:
        cure = "ask the destination's operator for a new connection file"
        yield Finding("sealed footage", Health.MISSING, str(error), cure)
        return
    seen = f"for the key {connection.public_key_id or 'without a name'}"
    yield Finding("sealed footage", Health.OK, seen)


def _secrecy(path: Path) -> Iterator[Finding]:
    if path.stat().st_mode & OTHERS:
        seen = f"{path} holds a key and others may read it"
        yield Finding("destination's key", Health.WARN, seen, f"chmod 600 {path}")
