"""The certificates that travel with a signature, and what a verifier would refuse of them.

Who uses it: every signer looks at its chain once, when it is made, because a chain that
verifiers refuse would make all footage signed with it worthless, and nobody would notice before
a court does. The rules are those of the open ONVIF Media Signing framework, r25.12.3: one to
four certificates, leaf first, each issued by the next one, without the anchor.
"""

from collections.abc import Sequence
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bwv_device.evidence.errors import SigningError
from bwv_device.evidence.read_certificates import load_pem

MOST_CERTIFICATES = 4


def read_chain(chain_pem: str) -> list[x509.Certificate]:
    """The certificates in the text, in its order. Raises `SigningError` when there is none or
    one of them can't be read."""
    try:
        return load_pem(chain_pem.encode())
    except ValueError as error:
        raise SigningError(
            f"the chain of certificates can't be read: {error}; give PEM text, leaf first"
        ) from error


def require_chain(chain_pem: str, key: ec.EllipticCurvePublicKey) -> list[x509.Certificate]:
    """The chain, if it is one whose leaf belongs to `key` on P-256 and that verifiers take.
    Raises `SigningError`."""
    chain = read_chain(chain_pem)
    if len(chain) > MOST_CERTIFICATES:
        raise SigningError(
            f"{len(chain)} certificates are too many: at most {MOST_CERTIFICATES} may stand "
            "between the signing key and the anchor"
        )
    if not isinstance(key.curve, ec.SECP256R1):
        raise SigningError(f"a key on {key.curve.name} can't sign here: make one on P-256")
    if _public_bytes(chain[0]) != _point(key):
        raise SigningError("the first certificate belongs to another key: put the leaf first")
    _require_no_anchor(chain)
    _require_links(chain)
    return chain


def _require_no_anchor(chain: Sequence[x509.Certificate]) -> None:
    for certificate in chain:
        if certificate.issuer == certificate.subject:
            raise SigningError(
                f"{certificate.subject.rfc4514_string()} is its own issuer: leave the anchor out "
                "of the chain; a leaf that is its own anchor is refused by verifiers"
            )


def _require_links(chain: Sequence[x509.Certificate]) -> None:
    for issued, issuer in pairwise(chain):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise SigningError(
                f"{issued.subject.rfc4514_string()} was not issued by the certificate behind it: "
                "order the chain from the leaf upwards"
            ) from error


def _public_bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
