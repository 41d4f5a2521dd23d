"""Enrols a camera: its first certificates, for a code (procedure I4 of docs/design/identity.md).

Who uses it: `bwv dock enrol`; `renewal` takes the steps for one certificate. Broken off anywhere,
the same again goes on: a key lies on the disk before a certificate is asked for it.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from bwv_device.dock.errors import AnswerError, EnrolmentError
from bwv_device.dock.est_client import EstClient
from bwv_device.dock.http import Http
from bwv_device.dock.stop import Stop
from bwv_device.evidence import durable
from bwv_device.evidence.identity.credential import (
    Credential,
    key_pem,
    parse_key,
    pem,
    read_credential,
    read_file,
    write_file,
)
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.files import IdentityFiles
from bwv_device.evidence.identity.profile import (
    DOCUMENT_SIGNING,
    PrivateKey,
    Purpose,
    new_key,
    utc_ns,
)
from bwv_device.evidence.identity.requests import certificate_of, make_request
from bwv_device.evidence.identity.trust import check_path, role_of
from bwv_device.protocol.connection import ConnectionFile
from bwv_device.protocol.est import Label
from bwv_device.protocol.roles import DeviceRole

Ask = Callable[[bytes], list[x509.Certificate]]
"""Has a request (PKCS#10 in DER) answered."""

_USAGES = {
    Purpose.TRANSPORT: ExtendedKeyUsageOID.CLIENT_AUTH,
    Purpose.SIGNING: DOCUMENT_SIGNING,
}


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What enrolling has brought."""

    authority: str
    """The authority's name."""
    transport_end_utc_ns: int
    signing_end_utc_ns: int


def enrol(
    store_folder: Path, serial: str, model: str, connection: ConnectionFile, code: str
) -> Enrolled:
    """Get the camera its certificates. It may go on recording meanwhile. Without a code, go on
    with what an earlier enrolment has brought.

    Raises `DockError`, `IdentityError`, `StoreError`; what was there before is still there then.
    """
    files = IdentityFiles(store_folder, serial)
    trusted = connection.certificates_pem()
    with closing(Http(trusted, Stop())) as http:
        est = EstClient(http, connection)
        authorities = est.authorities().certificates
        transport = (
            obtain(
                *(files, Purpose.TRANSPORT, model, authorities),
                lambda request: est.enrol(request, serial, code),
            )
            if code
            else _earlier_transport(files, authorities)
        )
    with closing(Http(trusted, Stop(), files.transport)) as http:
        est = EstClient(http, connection)
        signing = obtain(
            *(files, Purpose.SIGNING, model, authorities),
            lambda request: est.further(request, Label.SIGNING, renewal=False),
        )
    return Enrolled(
        authority=signing.certificates[-1].subject.rfc4514_string(),
        transport_end_utc_ns=utc_ns(transport.leaf.not_valid_after_utc),
        signing_end_utc_ns=utc_ns(signing.leaf.not_valid_after_utc),
    )


def obtain(
    files: IdentityFiles,
    purpose: Purpose,
    model: str,
    authorities: Sequence[x509.Certificate],
    ask: Ask,
) -> Credential:
    """One certificate: key, request, answer, checked and written.

    Raises what `ask` raises, `AnswerError` for an answer that is not for this camera, `StoreError`.
    """
    with durable.disk_errors("writing keys in", files.folder), files.locked():
        key = _pending_key(files.pending(purpose))
    found = ask(make_request(key, files.serial, model))
    try:
        made = _checked(files.serial, purpose, key, found, authorities)
    except IdentityError as error:
        raise AnswerError(f"the destination issued what was not asked for: {error}") from error
    with durable.disk_errors("writing certificates in", files.folder), files.locked():
        _keep(files, purpose, made, authorities)
    return made


def _checked(
    serial: str,
    purpose: Purpose,
    key: PrivateKey,
    found: Sequence[x509.Certificate],
    authorities: Sequence[x509.Certificate],
) -> Credential:
    """Step I4.5."""
    leaf = certificate_of(key, found)
    if role_of(leaf) != DeviceRole(serial):
        raise IdentityError(f"a certificate for {role_of(leaf)}")
    try:
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as error:
        raise IdentityError("a certificate for no purpose") from error
    if list(usages) != [_USAGES[purpose]]:
        raise IdentityError(f"a certificate for another purpose than {purpose.value}")
    return Credential(key, (leaf, check_path([leaf], authorities)))


def _keep(
    files: IdentityFiles,
    purpose: Purpose,
    made: Credential,
    authorities: Sequence[x509.Certificate],
) -> None:
    write_file(files.authority, pem(*authorities).encode())
    if purpose is Purpose.TRANSPORT:
        # Without its anchor: the other side of a connection brings that itself.
        write_file(files.transport, Credential(made.key, (made.leaf,)).to_pem())
    else:
        write_file(files.signing, made.to_pem())
    durable.remove(files.pending(purpose))


def _pending_key(path: Path) -> PrivateKey:
    """The key for which a certificate was asked and has not come, or a new one; durable."""
    if path.exists():
        try:
            return parse_key(read_file(path))
        except IdentityError:
            # A cut while the very first bytes were written: nothing was asked for it yet.
            durable.remove(path)
    key = new_key()
    write_file(path, key_pem(key))
    return key


def _earlier_transport(files: IdentityFiles, authorities: Sequence[x509.Certificate]) -> Credential:
    """What an earlier enrolment, cut off behind its first half, has brought."""
    if not files.transport.exists():
        raise EnrolmentError("enrolling needs a code: ask the destination's operator for one")
    found = read_credential(files.transport)
    check_path([found.leaf], authorities)
    return found
