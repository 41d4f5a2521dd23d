"""Issuing certificates to devices: the first one for a code, every other one for a certificate.

Who uses it: the EST handlers, in a thread. Each call takes the authority's lock, so that nothing is
issued while a device is being revoked.
"""

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bwv_device.evidence.identity.credential import parse_certificates, read_file
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.profile import PublicKey, Purpose
from bwv_device.evidence.identity.requests import Request
from bwv_device.evidence.identity.trust import role_of
from bwv_device.protocol.roles import DeviceRole
from dock_server.authority.authority import Authority
from dock_server.authority.codes import Codes
from dock_server.errors import CodeError, ForbiddenError


def enrol(authority: Authority, request: Request, serial: str, code: str) -> x509.Certificate:
    """A device's first transport certificate (I4.4). The same request again, because its answer
    was lost, gets the same certificate.

    Raises `CodeError` for a code that does not let this device in, or did already;
    `ForbiddenError` when the request is for another device than the code.
    """
    codes = Codes(authority.files, authority.clock)
    with authority.files.locked():
        record = codes.find(serial, code)
        if request.serial != serial:
            raise ForbiddenError("the request is for another device than the code")
        digest = _digest(request.public_key)
        if record.certificate is not None:
            if record.key_sha256 != digest:
                raise CodeError("the code was used: ask the destination's operator for a new one")
            return _issued(authority, int(record.certificate, 16))
        made = authority.issue_device(request, Purpose.TRANSPORT)
        codes.spend(code, made.serial_number, digest)
        return made


def renew(
    authority: Authority, request: Request, shown: x509.Certificate, purpose: Purpose
) -> x509.Certificate:
    """A further certificate for the device that showed `shown` (I4.6, I5.2).

    Raises `IdentityError` when `shown` does not count any more, `ForbiddenError` when the request
    is for another device, or for a key that has a certificate for another purpose.
    """
    with authority.files.locked():
        authority.check(shown)
        if role_of(shown) != DeviceRole(request.serial):
            raise ForbiddenError("the request is for another device than the certificate")
        if purpose is Purpose.SIGNING and shown.public_key() == request.public_key:
            raise ForbiddenError("one key can't both sign and open connections: make another")
        return authority.issue_device(request, purpose)


def _issued(authority: Authority, number: int) -> x509.Certificate:
    found = parse_certificates(read_file(authority.files.issued_file(number)))[0]
    try:
        authority.check(found)
    except IdentityError as error:
        raise CodeError(f"the code was used, and {error}: ask for a new code") from error
    return found


def _digest(key: PublicKey) -> str:
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()
