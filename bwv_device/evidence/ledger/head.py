"""A head: the number and hash of an entry, standing for all that is before it; and its signature.

Who uses it: the ledger signs its own, the checks verify, camera and server keep each other's.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from bwv_device.evidence.ledger.entry import next_hash
from bwv_device.evidence.read_certificates import load_pem
from bwv_device.evidence.signer import Signer

_PURPOSE = "bwv ledger head 1"
"""Goes into what is signed, so that no other signature of the key can pass for one of a head."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a ledger has come to."""

    ledger: str
    """The ledger's id."""
    number: int
    """Of the entry; 0 for a ledger without one."""
    hash: str
    """Hex."""

    def digest(self) -> bytes:
        """The 32 bytes that are signed."""
        text = f"{_PURPOSE}\n{self.ledger}\n{self.number}\n{self.hash}\n"
        return hashlib.sha256(text.encode()).digest()


def sign_head(head: Head, signer: Signer) -> str:
    """The signature, as an entry or an answer carries it. Raises what the signer raises."""
    return base64.b64encode(signer.sign(head.digest())).decode()


def is_signed(head: Head, signature: str, certificates_pem: str) -> bool:
    """Whether the key of the first of `certificates_pem` signed this head. Whether that
    certificate is to be trusted is another question."""
    try:
        key = leaf_of(certificates_pem).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        scheme = ec.ECDSA(Prehashed(hashes.SHA256()))
        key.verify(base64.b64decode(signature, validate=True), head.digest(), scheme)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def leaf_of(certificates_pem: str) -> x509.Certificate:
    """The first certificate. Raises `ValueError` where there is none."""
    return load_pem(certificates_pem.encode("ascii", "replace"))[0]


def fingerprint(certificates_pem: str) -> str:
    """SHA-256 of the first certificate, in hex; empty where there is none."""
    try:
        return hashlib.sha256(leaf_of(certificates_pem).public_bytes(Encoding.DER)).hexdigest()
    except ValueError:
        return ""


def leads_to(old: Head, digests: Iterable[bytes], new: Head) -> bool:
    """Whether a ledger goes on from `old` to `new` by the entries with these digests."""
    chained, number = bytes.fromhex(old.hash), old.number
    for digest in digests:
        chained, number = next_hash(chained, digest), number + 1
    return old.ledger == new.ledger and (number, chained.hex()) == (new.number, new.hash)
