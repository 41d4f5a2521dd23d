"""Revoking a device, and the list of what was issued.

Who uses it: `bwv dock authority`. A running server looks for the file of a certificate at each
request, so it needs no telling (I7).
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from bwv_device.evidence.identity.credential import parse_certificates, read_file, write_file
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.profile import instant
from bwv_device.evidence.identity.trust import role_of
from bwv_device.protocol.documents import parse_json
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.roles import DeviceRole, Role
from bwv_device.protocol.times import rfc3339
from dock_server.authority.authority import Authority
from dock_server.authority.codes import Codes

logger = logging.getLogger(__name__)

LIST_LIFE = timedelta(days=30)
_RECORD_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that the authority issued."""

    certificate: x509.Certificate
    role: Role | None
    """None for the server's own certificate for connections, which names hosts."""
    revoked_utc_ns: int | None


def issued(authority: Authority) -> Iterator[Issued]:
    """Every certificate, oldest first; one that can't be read is logged and left out."""
    found = []
    for path in authority.files.issued.glob("[!.]*.pem"):
        try:
            found.append(parse_certificates(read_file(path))[0])
        except IdentityError as error:
            logger.error("%s: %s", path, error)
    for certificate in sorted(found, key=lambda one: one.not_valid_before_utc):
        at = _revoked_utc_ns(authority, certificate.serial_number)
        yield Issued(certificate, _role(certificate), at)


def revoke(authority: Authority, serial: str, reason: str) -> int:
    """Shut a device out: every certificate of it that still counts, and every code.

    Returns how many certificates that were. Raises `OSError`.
    """
    now_ns = authority.clock.utc_ns()
    record = json.dumps({"device": serial, "utc_ns": now_ns, "reason": reason}).encode()
    with authority.files.locked():
        numbers = [
            one.certificate.serial_number
            for one in issued(authority)
            if one.role == DeviceRole(serial) and one.revoked_utc_ns is None
        ]
        for number in numbers:
            write_file(authority.files.revoked_file(number), record)
        Codes(authority.files, authority.clock).cancel(serial)
        write_file(authority.files.revocation_list, _list(authority))
    logger.warning(
        "revoked %s (%s certificates), %s: %s", serial, len(numbers), rfc3339(now_ns), reason
    )
    return len(numbers)


def _list(authority: Authority) -> bytes:
    """The revoked certificates as other programs read them (RFC 5280), PEM."""
    now = instant(authority.clock.utc_ns())
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now)
        .next_update(now + LIST_LIFE)
    )
    for one in issued(authority):
        if one.revoked_utc_ns is not None:
            builder = builder.add_revoked_certificate(
                _entry(one.certificate.serial_number, instant(one.revoked_utc_ns))
            )
    signed = builder.sign(authority.credential.key, hashes.SHA256())
    return signed.public_bytes(Encoding.PEM)


def _entry(number: int, at: datetime) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(at)
    return builder.build()


def _role(certificate: x509.Certificate) -> Role | None:
    try:
        return role_of(certificate)
    except IdentityError:
        return None


def _revoked_utc_ns(authority: Authority, number: int) -> int | None:
    """When it was revoked; 0 where the file does not say: it counts as revoked all the same."""
    path = authority.files.revoked_file(number)
    if not path.exists():
        return None
    try:
        said = parse_json(read_file(path), "revocation", _RECORD_MAX_BYTES)
    except ProtocolError:
        return 0
    at = said.get("utc_ns") if isinstance(said, dict) else None
    return at if isinstance(at, int) else 0
