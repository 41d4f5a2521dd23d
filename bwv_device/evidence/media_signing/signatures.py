"""Which SEIs of a stream are to be believed: signatures held against the stream's own key.

Who uses it: `stream_reader`, before any picture is looked at. Keys on P-256 and other curves by
ECDSA, RSA by PSS, as the open framework has them.
"""

from collections.abc import Iterator
from hashlib import new

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from bwv_device.evidence.certificate_chain import read_chain
from bwv_device.evidence.errors import SigningError
from bwv_device.evidence.media_signing.reading import Problem, ProblemKind
from bwv_device.evidence.media_signing.units import FoundSei, StreamUnits

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class Signatures:
    """The signatures of one stream."""

    def __init__(self, stream: StreamUnits) -> None:
        self._stream = stream
        self.problems: list[Problem] = []
        self.chain_pem: str | None = None
        """That of the first valid signature: a stream has one signer."""
        self._key: PublicKey | None = None

    def valid(self) -> Iterator[FoundSei]:
        """The SEIs with a valid signature by the stream's key, in order; notes what is wrong
        with the others."""
        for found in self._stream.seis:
            if found.sei.signature is None:
                continue
            problem = self._problem(found, found.sei.signature)
            if problem is None:
                yield found
            else:
                self.problems.append(Problem(problem, found.picture))

    def _problem(self, found: FoundSei, signature: bytes) -> ProblemKind | None:
        chain_pem, key = found.sei.chain_pem, self._key
        is_new = chain_pem is not None and chain_pem.strip() != (self.chain_pem or "").strip()
        if chain_pem is not None and is_new:
            key = _read_key(chain_pem)
            if key is None:
                return ProblemKind.BAD_CERTIFICATES
        if key is None:
            return ProblemKind.NO_KEY
        if not _verifies(key, signature, found.sei.signed, self._stream.digest):
            return ProblemKind.BAD_SIGNATURE
        if is_new and self.chain_pem is not None:
            # Not before its signature was right: a changed byte of a certificate is no signer.
            return ProblemKind.OTHER_SIGNER
        self._key, self.chain_pem = key, self.chain_pem or chain_pem
        return None


def _read_key(chain_pem: str) -> PublicKey | None:
    try:
        key = read_chain(chain_pem)[0].public_key()
    except (SigningError, UnsupportedAlgorithm, ValueError):
        return None
    return key if isinstance(key, PublicKey) else None


def _verifies(key: PublicKey, signature: bytes, signed: bytes, digest: str) -> bool:
    hashed = new(digest, signed).digest()
    algorithm = _HASHES[digest]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
            key.verify(signature, hashed, pss, utils.Prehashed(algorithm))
        else:
            key.verify(signature, hashed, ec.ECDSA(utils.Prehashed(algorithm)))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
