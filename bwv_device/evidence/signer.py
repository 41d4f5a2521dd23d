"""Who signs: the one door through which every signature of a device goes.

Who uses it: the signing of the video stream, manifests, receipts and the ledger are written
against `Signer`, so that none of them sees a key and a secure element can take a key's place.
`KeySigner` holds its key in memory; `Pkcs11Signer` asks a token for each signature.
"""

from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from bwv_device.evidence.certificate_chain import require_chain
from bwv_device.evidence.errors import SigningError

DIGEST_BYTES = 32
"""A SHA-256 digest."""


class Signer(Protocol):
    """Signs digests by ECDSA on P-256; one thread uses it at a time."""

    @property
    def certificate_chain_pem(self) -> str:
        """Certificates from the leaf, whose key signs, up to the last one below the anchor.

        1 to 4 of them; the anchor itself is never among them: whoever verifies brings it.
        """

    def sign(self, digest: bytes) -> bytes:
        """The signature over a SHA-256 digest (32 bytes, not hashed again), in DER, up to 72
        bytes long. Raises `SigningError`."""


class KeySigner:
    """Signs with a private key in memory."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate_chain_pem: str) -> None:
        """Raises `SigningError` when the chain is none that a verifier would take, or its leaf
        belongs to another key."""
        require_chain(certificate_chain_pem, key.public_key())
        self._key = key
        self.certificate_chain_pem = certificate_chain_pem

    def sign(self, digest: bytes) -> bytes:
        """As `Signer` says."""
        require_digest(digest)
        return self._key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def require_digest(digest: bytes) -> None:
    """Raise `SigningError` unless `digest` can be one of SHA-256."""
    if len(digest) != DIGEST_BYTES:
        raise SigningError(
            f"{len(digest)} bytes are no SHA-256 digest: hash what is to be signed first"
        )
