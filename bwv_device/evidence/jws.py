"""Signed documents: JSON with a signature and the signer's certificates inside, as JSON Web
Signature (RFC 7515) in its flattened JSON form.

Who uses it: manifests and receipts; the camera and the server sign, both and `bwv verify` read.
The algorithm is ES256 (ECDSA on P-256 with SHA-256) and nothing else, the header has `alg`, `typ`
and `x5c` and nothing else. `typ` keeps a manifest from passing for a receipt. Who the signer *is*
is not judged here: that is `trust`.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bwv_device.errors import BwvError, Kind
from bwv_device.evidence.read_certificates import load_der
from bwv_device.evidence.signer import Signer
from bwv_device.protocol.documents import first_problem, parse_json, to_json
from bwv_device.protocol.errors import ProtocolError

ALGORITHM = "ES256"
MEDIA_TYPE = "application/jose+json"
"""Of the whole document, RFC 7515 section 9.2.2."""
HEADER_MAX_BYTES = 32_768
"""Four certificates of some kilobytes each, in base64 twice."""
CERTIFICATES_MAX = 4
_COORDINATE_BYTES = 32
_BASE64URL = r"^[A-Za-z0-9_-]+$"


class SignedDocumentError(BwvError):
    """What should be a signed document is none, or its signature is wrong."""

    kind = Kind.REFUSE


@dataclass(frozen=True, slots=True)
class Signed:
    """A document whose signature is that of its own leaf certificate; whose that is is open."""

    payload: bytes
    chain: tuple[x509.Certificate, ...]
    """Leaf first, the anchor not among them."""


def sign(payload: bytes, kind: str, signer: Signer) -> bytes:
    """The document's text; `kind` becomes its `typ`. Raises `SigningError`.

    Put together here and not by the library, which wants the key itself: ours may be in a secure
    element. What is hard, and where mistakes are holes, is to read one; the library does that.
    """
    chain = x509.load_pem_x509_certificates(signer.certificate_chain_pem.encode())
    certificates = [
        base64.b64encode(one.public_bytes(Encoding.DER)).decode("ascii") for one in chain
    ]
    header = {"alg": ALGORITHM, "typ": kind, "x5c": certificates}
    protected, body = _packed(json.dumps(header).encode()), _packed(payload)
    signature = signer.sign(hashlib.sha256(f"{protected}.{body}".encode("ascii")).digest())
    parts = {"payload": body, "protected": protected, "signature": _packed(_raw(signature))}
    return to_json(parts)


def read(text: bytes, kind: str, max_bytes: int) -> Signed:
    """The document of that kind, its signature checked against the certificate inside it.

    Raises `SignedDocumentError` that says what is wrong; never anything else on content.
    """
    what = f"{kind} document"
    try:
        parts = _Parts.model_validate(parse_json(text, what, max_bytes))
        header = _header(parts.protected, kind)
        chain = tuple(_certificate(entry) for entry in header.x5c)
        found = jws.deserialize_json(
            {
                "payload": parts.payload,
                "protected": parts.protected,
                "signature": parts.signature,
            },
            _key(chain[0]),
            registry=_registry(max_bytes),
        )
    except ValidationError as error:
        raise SignedDocumentError(str(first_problem(error, what))) from error
    except ProtocolError as error:
        raise SignedDocumentError(str(error)) from error
    except JoseError as error:
        raise SignedDocumentError(f"the {what} is not what was signed: {error}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignedDocumentError(f"the {what} can't be read: {error}") from error
    return Signed(found.payload or b"", chain)


class _Parts(BaseModel):
    """The flattened form. An unprotected header is none of ours: nothing covers it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    payload: Annotated[str, Field(pattern=_BASE64URL)]
    protected: Annotated[str, Field(pattern=_BASE64URL, max_length=HEADER_MAX_BYTES)]
    signature: Annotated[str, Field(pattern=_BASE64URL, max_length=128)]


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    alg: Literal["ES256"]
    typ: str
    x5c: Annotated[list[str], Field(min_length=1, max_length=CERTIFICATES_MAX)]


def _registry(max_bytes: int) -> jws.JWSRegistry:
    """The library's own limits are made for tokens: a few hundred bytes of header."""
    registry = jws.JWSRegistry(algorithms=[ALGORITHM])
    registry.max_header_length = HEADER_MAX_BYTES
    registry.max_payload_length = max_bytes
    return registry


def _header(protected: str, kind: str) -> _Header:
    raw = base64.urlsafe_b64decode(protected + "=" * (-len(protected) % 4))
    header = _Header.model_validate(parse_json(raw, f"{kind} header", HEADER_MAX_BYTES))
    if header.typ != kind:
        raise SignedDocumentError(f"it is signed as {header.typ!r:.80}, not as {kind}")
    return header


def _certificate(entry: str) -> x509.Certificate:
    return load_der(base64.b64decode(entry, validate=True))


def _key(leaf: x509.Certificate) -> ECKey:
    key = leaf.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SignedDocumentError("the signer's key is not one on P-256")
    return ECKey.import_key(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _packed(data: bytes) -> str:
    """Base64url without padding, RFC 7515 section 2."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _raw(signature: bytes) -> bytes:
    """From DER to the two numbers side by side, RFC 7518 section 3.4."""
    r, s = decode_dss_signature(signature)
    return r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")
