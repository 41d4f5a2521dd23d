"""The authority: issues certificates, and knows which of them still count.

Who uses it: `bwv dock authority`, the EST handlers, the server for its own certificates, and every
request, which asks `check`. What stands in a certificate is `bwv_device.evidence.identity.profile`;
lives and reasons are in docs/design/identity.md. All methods block for some small files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509

from bwv_device.evidence.identity.credential import (
    Credential,
    pem,
    read_credential,
    write_file,
)
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.profile import (
    Holder,
    Issuer,
    Life,
    PublicKey,
    Purpose,
    distinguished_name,
    instant,
    issue,
    new_key,
)
from bwv_device.evidence.identity.requests import Request
from bwv_device.evidence.identity.trust import check_time
from bwv_device.protocol.roles import DestinationRole, DeviceRole, Role, role_uri
from dock_server.authority.files import AuthorityFiles
from dock_server.clock import ServerClock
from dock_server.errors import StartError

LIVES_DAYS = {
    Purpose.ISSUING: 20 * 365,
    Purpose.TRANSPORT: 60,
    Purpose.SERVING: 60,
    Purpose.SIGNING: 1100,
}
EARLIER = timedelta(hours=1)
"""So much before it was issued a certificate begins: clocks differ."""
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Authority:
    """An open authority."""

    files: AuthorityFiles
    credential: Credential
    clock: ServerClock

    @classmethod
    def create(cls, directory: Path, name: str, clock: ServerClock) -> "Authority":
        """Procedure I2. Raises `StartError` when there is one already, or no name."""
        files = AuthorityFiles(directory)
        if not name.strip() or not name.isprintable():
            raise StartError("the authority needs a printable name, which every certificate shows")
        files.make()
        with files.locked():
            if files.authority.exists():
                raise StartError(f"there is an authority in {files.folder} already: keep it")
            key = new_key()
            subject = distinguished_name(name.strip(), name.strip(), "authority")
            issuer = Issuer(key, subject, key.public_key())
            life = _life(Purpose.ISSUING, clock)
            root = issue(issuer, Holder(subject, key.public_key()), Purpose.ISSUING, life)
            write_file(files.certificate, pem(root).encode())
            write_file(files.authority, Credential(key, (root,)).to_pem())
        return cls(files, Credential(key, (root,)), clock)

    @classmethod
    def open(cls, directory: Path, clock: ServerClock) -> "Authority":
        """Raises `StartError` when there is none, or it can't be read."""
        files = AuthorityFiles(directory)
        try:
            files.make()
            return cls(files, read_credential(files.authority), clock)
        except FileNotFoundError as error:
            raise StartError(
                f"there is no authority in {files.folder}: bwv dock authority init makes one"
            ) from error
        except IdentityError as error:
            raise StartError(f"{error}: restore it from a copy") from error

    @staticmethod
    def is_in(directory: Path) -> bool:
        """Whether a server's directory holds an authority."""
        return AuthorityFiles(directory).authority.exists()

    @property
    def certificate(self) -> x509.Certificate:
        """What verifiers and cameras trust."""
        return self.credential.leaf

    @property
    def name(self) -> str:
        """As it stands in each certificate's organisation."""
        return str(self.certificate.subject.get_attributes_for_oid(_ORGANISATION)[0].value)

    def issue_device(self, request: Request, purpose: Purpose) -> x509.Certificate:
        """A device's certificate; the caller has the lock and knows that it is that device."""
        unit = request.model if purpose is Purpose.SIGNING else ""
        subject = distinguished_name(request.serial, self.name, unit)
        return self._issue(subject, request.public_key, purpose, _uri(DeviceRole(request.serial)))

    def make_server(self, site_name: str, hosts: Sequence[str]) -> Credential:
        """A new key and certificate to answer connections with, under these hosts' names."""
        return self._own(site_name, Purpose.SERVING, host_names(hosts))

    def make_receipts(self, site_name: str) -> Credential:
        """A new key and certificate to sign receipts with."""
        return self._own(site_name, Purpose.SIGNING, _uri(DestinationRole(site_name)))

    def check(self, certificate: x509.Certificate) -> None:
        """Raises `IdentityError` unless the certificate is one of ours that counts now.

        The connection has proved path and key already; both looks are at one file each.
        """
        number = certificate.serial_number
        if not self.files.issued_file(number).exists():
            raise IdentityError("this authority did not issue the certificate")
        if self.files.revoked_file(number).exists():
            raise IdentityError("the certificate was revoked")
        check_time(certificate, self.clock.utc_ns())

    def _own(
        self, site_name: str, purpose: Purpose, names: tuple[x509.GeneralName, ...]
    ) -> Credential:
        key, subject = new_key(), distinguished_name(site_name, self.name)
        with self.files.locked():
            leaf = self._issue(subject, key.public_key(), purpose, names)
        return Credential(key, (leaf, self.certificate))

    def _issue(
        self,
        subject: x509.Name,
        key: PublicKey,
        purpose: Purpose,
        names: tuple[x509.GeneralName, ...],
    ) -> x509.Certificate:
        own = self.credential
        issuer = Issuer(own.key, own.leaf.subject, own.key.public_key())
        made = issue(issuer, Holder(subject, key, names), purpose, _life(purpose, self.clock))
        # Known before anybody has it: a certificate that is not known here does not count.
        write_file(self.files.issued_file(made.serial_number), pem(made).encode())
        return made


def host_names(hosts: Sequence[str]) -> tuple[x509.GeneralName, ...]:
    """What a server's certificate names: these hosts, and this machine by its usual names."""
    return tuple(_host(host) for host in dict.fromkeys((*hosts, *THIS_MACHINE)))


def is_old(certificate: x509.Certificate, clock: ServerClock) -> bool:
    """Whether less than half of a certificate's life is left."""
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return instant(clock.utc_ns()) > begin + (end - begin) / 2


_ORGANISATION = x509.oid.NameOID.ORGANIZATION_NAME


def _life(purpose: Purpose, clock: ServerClock) -> Life:
    now = instant(clock.utc_ns())
    return Life(now - EARLIER, now + timedelta(days=LIVES_DAYS[purpose]))


def _uri(role: Role) -> tuple[x509.GeneralName, ...]:
    return (x509.UniformResourceIdentifier(role_uri(role)),)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
