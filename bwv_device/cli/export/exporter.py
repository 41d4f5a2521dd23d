"""Who signs the credentials of a pack: keys that the exporter has, or some made for this pack.

Used by `bwv export`. A device's own key never leaves it, so a credential that is made later can't
be signed with it.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from bwv_device.cli.export.errors import ExportError
from bwv_device.evidence.identity.credential import (
    Credential,
    parse_certificates,
    parse_key,
    pem,
    read_file,
)
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.profile import (
    Holder,
    Issuer,
    Life,
    Purpose,
    distinguished_name,
    instant,
    issue,
    new_key,
)

_HOUR = timedelta(hours=1)
_LIFE = timedelta(days=20 * 365)
"""Nobody stamps the time of the signature: readers judge it by the day on which they look."""
_COORDINATE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Exporter:
    """Signs credentials of C2PA."""

    name: str
    """Whom the certificate names."""
    credential: Credential = field(repr=False)
    """Leaf first; the last one is the root where it is ours."""
    is_for_this_pack: bool
    """Made for one pack and thrown away: it says nothing of who exported."""

    @property
    def certificates_pem(self) -> str:
        """Leaf first."""
        return pem(*self.credential.certificates)

    @property
    def root(self) -> x509.Certificate:
        """The last certificate of the chain."""
        return self.credential.certificates[-1]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the last certificate, in hex."""
        return self.root.fingerprint(hashes.SHA256()).hex()

    def sign(self, data: bytes) -> bytes:
        """ES256 as COSE wants it: both numbers, 32 bytes each."""
        digest = hashlib.sha256(data).digest()
        der = self.credential.key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")


def exporter_from_files(key_file: Path, certificates_file: Path) -> Exporter:
    """The exporter's own key and certificates (PEM). Raises `ExportError`."""
    try:
        key = parse_key(read_file(key_file))
        certificates = parse_certificates(read_file(certificates_file))
    except (IdentityError, OSError) as error:
        raise ExportError(f"{key_file} and {certificates_file} can't be used: {error}") from error
    if certificates[0].public_key() != key.public_key():
        raise ExportError(f"{certificates_file} begins with the certificate of another key")
    name = certificates[0].subject.rfc4514_string()
    return Exporter(name, Credential(key, certificates), is_for_this_pack=False)


def exporter_for_this_pack(name: str, now_utc_ns: int) -> Exporter:
    """A root and a key below it, of which nothing but the certificates is kept."""
    now = instant(now_utc_ns)
    life = Life(now - _HOUR, now + _LIFE)
    root_key, key = new_key(), new_key()
    root_name = distinguished_name("export root, for this pack alone", name)
    issuer = Issuer(root_key, root_name, root_key.public_key())
    holder = Holder(root_name, root_key.public_key())
    root = issue(issuer, holder, Purpose.ISSUING, life)
    leaf_name = distinguished_name(f"export by {name}", name)
    leaf = issue(issuer, Holder(leaf_name, key.public_key()), Purpose.CREDENTIALS, life)
    return Exporter(name, Credential(key, (leaf, root)), is_for_this_pack=True)
