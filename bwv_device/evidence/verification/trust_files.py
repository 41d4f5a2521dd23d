"""Whom a verifier trusts, from the files that he names.

Who uses it: `bwv verify`, `bwv export`. An anchor is never looked for beside the footage: whoever
changed the one could have put the other there.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bwv_device.errors import ConfigurationError
from bwv_device.evidence.identity.profile import utc_ns
from bwv_device.evidence.read_certificates import load_der, load_pem
from bwv_device.evidence.verification.evidence import Trust

FILE_MAX_BYTES = 16_000_000
"""A list of revoked certificates of a large force has some hundred kilobytes."""

Certificates = tuple[x509.Certificate, ...]


def read_trust(
    anchor_files: Iterable[Path], revoked_files: Iterable[Path], now_utc_ns: int
) -> Trust:
    """Anchors and lists of revoked certificates (PEM or DER). Raises `ConfigurationError` that
    names the file."""
    anchors = tuple(one for path in anchor_files for one in _anchors(path))
    revoked: dict[int, int] = {}
    for path in revoked_files:
        revoked |= _revoked(path, anchors)
    return Trust(now_utc_ns, anchors, revoked)


def _anchors(path: Path) -> Certificates:
    data = read_limited(path)
    try:
        return tuple(load_pem(data))
    except ValueError:
        pass
    try:
        return (load_der(data),)
    except ValueError as error:
        raise ConfigurationError(f"{path} holds no certificate: give PEM or DER") from error


def _revoked(path: Path, anchors: Sequence[x509.Certificate]) -> dict[int, int]:
    """Serial numbers with their time; the list has to be signed by one of the anchors."""
    data = read_limited(path)
    is_pem = data.lstrip().startswith(b"-----BEGIN")
    load = x509.load_pem_x509_crl if is_pem else x509.load_der_x509_crl
    try:
        found = load(data)
    except ValueError as error:
        raise ConfigurationError(f"{path} is no list of revoked certificates: {error}") from error
    if not any(_is_by(found, anchor) for anchor in anchors):
        raise ConfigurationError(
            f"{path} is signed by none of the anchors: give that of the authority that made it"
        )
    return {one.serial_number: utc_ns(one.revocation_date_utc) for one in found}


def _is_by(found: x509.CertificateRevocationList, anchor: x509.Certificate) -> bool:
    """Keys of the kinds that issue certificates here and elsewhere."""
    key = anchor.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return False
    return found.issuer == anchor.subject and found.is_signature_valid(key)


def read_limited(path: Path) -> bytes:
    """A file that somebody named on the command line. Raises `ConfigurationError`."""
    try:
        with path.open("rb") as file:
            return file.read(FILE_MAX_BYTES)
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {error.strerror or error}") from error
