"""What a camera shows a destination to be let in: its certificate, renewed where that is due.

Who uses it: `push`, before it connects. The certificate is shown to destinations of the authority
that issued it and to no other, so that no stranger learns a serial number by asking.
"""

from contextlib import closing
from pathlib import Path

from cryptography import x509

from bwv_device.dock.docking import Tally
from bwv_device.dock.errors import NotEnrolledError
from bwv_device.dock.est_client import EstClient
from bwv_device.dock.http import Http
from bwv_device.dock.renewal import renew
from bwv_device.dock.stop import Stop
from bwv_device.errors import Kind
from bwv_device.evidence.identity import Transport, load_or_create
from bwv_device.evidence.identity.credential import parse_certificates
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.files import IdentityFiles
from bwv_device.protocol.connection import ConnectionFile
from hal.interfaces.clock import Clock


def admission(
    store_folder: Path,
    serial: str,
    model: str,
    connection: ConnectionFile,
    clock: Clock,
    stop: Stop,
    tally: Tally,
) -> Path | None:
    """The file with key and certificate to show; None for a destination that wants none.

    Raises `NotEnrolledError` for one that lets in by certificate alone, `DockError`, `StoreError`.
    """
    if not connection.https_certificate:
        return None
    identity = load_or_create(store_folder, serial, model)
    transport = identity.transport
    if transport is None or not belongs(connection, transport):
        if connection.by_certificate:
            raise NotEnrolledError(
                f"{connection.site_name} lets cameras in by their certificate, and {serial} has "
                "none of it: ask its operator for a code, then `bwv dock enrol`"
            )
        return None
    with closing(Http(connection.certificates_pem(), stop, transport.file)) as http:
        est = EstClient(http, connection)
        files = IdentityFiles(store_folder, serial)
        for text in renew(files, identity, transport, est, clock.utc_ns()):
            tally.problem(Kind.REFUSE, text)
    return transport.file


def belongs(connection: ConnectionFile, transport: Transport) -> bool:
    """Whether the destination is one of the authority that issued the certificate."""
    trusted = {one for text in connection.certificates_pem() for one in _parsed(text)}
    return not trusted.isdisjoint(parse_certificates(transport.authority_pem))


def _parsed(text: str) -> tuple[x509.Certificate, ...]:
    """None in a text that can't be read: connecting says so."""
    try:
        return parse_certificates(text)
    except IdentityError:
        return ()
