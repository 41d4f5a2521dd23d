"""A content destination with an authority, over TLS, and clients with any certificate."""

import http.client
import ssl
import time
from dataclasses import replace
from pathlib import Path

from cryptography import x509

from bwv_device.evidence.identity.credential import Credential, pem, write_file
from bwv_device.evidence.identity.profile import Purpose, new_key
from bwv_device.evidence.identity.requests import (
    Request,
    make_request,
    parse_certificates_body,
    parse_request,
)
from bwv_device.protocol import est
from bwv_device.protocol.connection import ConnectionFile, parse_connection_file
from bwv_device.protocol.est import Label
from dock_server.authority.authority import Authority
from dock_server.authority.codes import new_code
from dock_server.private_files import write_connection_files
from dock_server.services import Services
from dock_server.settings import Limits, ServerSettings
from dock_server.tls import ServerTls
from tests.destination.in_process import Hands, InProcess
from tests.destination.wire import Answer, Wire

DAY_NS = 86_400 * 10**9


class SecureWire(Wire):
    """A client that trusts one authority and shows one certificate, or none."""

    def __init__(self, port: int, trusted_pem: str, shown: Path | None = None) -> None:
        super().__init__(port)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(cadata=trusted_pem)
        if shown is not None:
            self.context.load_cert_chain(shown)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self.context)

    def sign_in(self, user: str = "", key: str = "") -> Answer:
        return super().sign_in(user, key)

    def enrol(self, der: bytes, serial: str, code: str) -> Answer:
        """The first call for a certificate."""
        headers = {"Authorization": est.basic(serial, code), "Content-Type": est.REQUEST_TYPE}
        return self.ask("POST", est.path(est.ENROL), est.body(der), headers)

    def further(self, der: bytes, call: str = est.RENEW, label: Label = Label.TRANSPORT) -> Answer:
        """A call for a certificate by the one that is shown."""
        headers = {"Content-Type": est.REQUEST_TYPE}
        return self.ask("POST", est.path(call, label), est.body(der), headers)


class SecureDock(InProcess):
    """Begins at the system's time, because OpenSSL looks at no other; `hands.utc_ns` is what the
    authority goes by."""

    def __init__(
        self, directory: Path, limits: Limits | None = None, *, passwords: bool = False
    ) -> None:
        self._passwords = passwords
        self.folder = directory
        super().__init__(directory, limits)

    @property
    def authority(self) -> Authority:
        assert self.services.authority is not None
        return self.services.authority

    @property
    def root_pem(self) -> str:
        return pem(self.authority.certificate)

    def credential(
        self, serial: str, purpose: Purpose = Purpose.TRANSPORT, *, days_ago: int = 0
    ) -> Path:
        """A file with a new key and a certificate that was issued some days ago."""
        self.hands.utc_ns -= days_ago * DAY_NS
        key = new_key()
        with self.authority.files.locked():
            leaf = self.authority.issue_device(Request(serial, "", key.public_key()), purpose)
        self.hands.utc_ns += days_ago * DAY_NS
        return self.keep(Credential(key, (leaf,)))

    def keep(self, credential: Credential) -> Path:
        """A file of a client's."""
        path = self.folder.parent / f"client-{credential.leaf.serial_number:x}.pem"
        write_file(path, credential.to_pem())
        return path

    def client(self, shown: Path | None = None) -> SecureWire:
        """Not signed in."""
        return SecureWire(self.port, self.root_pem, shown)

    def device(self, serial: str) -> SecureWire:
        """A device with a good certificate, signed in."""
        wire = self.client(self.credential(serial))
        assert wire.sign_in().status == 200
        return wire

    def code(self, serial: str, hours: float = 24.0) -> str:
        return new_code(self.authority, serial, hours)

    def _first_wire(self) -> Wire:
        return self.client()

    def connection(self, **changes: object) -> ConnectionFile:
        """What cameras are given."""
        url = f"https://127.0.0.1:{self.port}"
        folders, settings = self.services.folders, self.services.settings
        write_connection_files(
            folders, url, settings, self.authority, self.services.receipt_anchor_pem
        )
        made = parse_connection_file(folders.connection_file.read_bytes())
        return ConnectionFile.model_validate(made.model_dump() | changes)

    def _hands(self) -> Hands:
        return Hands(utc_ns=time.time_ns())

    def _settings(self, directory: Path, limits: Limits, site_name: str) -> ServerSettings:
        made = super()._settings(directory, limits, site_name)
        return replace(made, passwords=self._passwords)

    def _tls(self) -> ssl.SSLContext:
        return ServerTls(self.authority, "Test dock", ["127.0.0.1"]).context

    def _open(self, directory: Path, limits: Limits, site_name: str) -> Services:
        directory.mkdir(parents=True)
        Authority.create(directory, "Test force", self.hands.clock())
        return super()._open(directory, limits, site_name)


def asked(serial: str, model: str = "") -> tuple[Request, bytes]:
    """A request for a certificate with a new key: as it is read, and as it is sent."""
    der = make_request(new_key(), serial, model)
    return parse_request(der), der


def issued(answer: Answer) -> x509.Certificate:
    """The one certificate in an answer of EST."""
    assert answer.status == 200, answer.text
    (found,) = parse_certificates_body(est.parse_body(answer.body))
    return found
