"""Signed documents: what was signed is read back, and nothing else is."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as library
from joserfc.jwk import ECKey

from bwv_device.evidence import jws
from bwv_device.evidence.jws import SignedDocumentError
from tests.support.signing_keys import make_root, the_root, the_signer

KIND = "test+json"
MAX_BYTES = 100_000


def parts(text: bytes) -> dict[str, str]:
    return dict(json.loads(text))


def unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def header_of(text: bytes) -> dict[str, Any]:
    return dict(json.loads(unpacked(parts(text)["protected"])))


@given(payload=st.binary(min_size=1, max_size=2000))
def test_what_was_signed_is_read_back_with_its_signer(payload: bytes) -> None:
    found = jws.read(jws.sign(payload, KIND, the_signer()), KIND, MAX_BYTES)
    assert found.payload == payload
    assert len(found.chain) == 1
    assert found.chain[0].issuer == the_root().certificate.subject


def test_any_jose_library_can_read_it() -> None:
    text = jws.sign(b"said", KIND, the_signer())
    header = header_of(text)
    assert header == {"alg": "ES256", "typ": KIND, "x5c": header["x5c"]}
    leaf = jws.read(text, KIND, MAX_BYTES).chain[0]
    assert base64.b64decode(header["x5c"][0]) == leaf.public_bytes(Encoding.DER)
    compact = ".".join(parts(text)[name] for name in ("protected", "payload", "signature"))
    registry = library.JWSRegistry(algorithms=["ES256"])
    registry.max_header_length = 10_000
    key = ECKey.import_key(leaf.public_key())  # type: ignore[arg-type]
    assert library.deserialize_compact(compact, key, registry=registry).payload == b"said"


@pytest.mark.parametrize("part", ["payload", "protected", "signature"])
@given(data=st.data())
def test_no_bit_of_it_can_be_changed(part: str, data: st.DataObject) -> None:
    text = parts(jws.sign(b"what the camera says", KIND, the_signer()))
    raw = bytearray(unpacked(text[part]))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SignedDocumentError):
        jws.read(json.dumps(text | {part: packed(bytes(raw))}).encode(), KIND, MAX_BYTES)


def test_a_document_of_another_kind_is_none_of_this_kind() -> None:
    with pytest.raises(SignedDocumentError, match="not as receipt"):
        jws.read(jws.sign(b"x", "manifest", the_signer()), "receipt", MAX_BYTES)


def test_a_signature_of_somebody_else_under_these_certificates_is_refused() -> None:
    mine = jws.sign(b"x", KIND, the_signer())
    other = ec.generate_private_key(ec.SECP256R1())
    header = header_of(mine)
    registry = library.JWSRegistry(algorithms=["ES256"])
    registry.max_header_length = 10_000
    forged = library.serialize_json(
        {"protected": header}, b"y", ECKey.import_key(other), registry=registry
    )
    with pytest.raises(SignedDocumentError, match="not what was signed"):
        jws.read(json.dumps(forged).encode(), KIND, MAX_BYTES)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"crit": ["b64"], "b64": False},
        {"jwk": {}},
        {"x5c": []},
        {"x5c": ["AAAA"]},
        {"x5c": ["not base64"]},
        {"x5c": "AAAA"},
        {"x5c": ["AAAA"] * 5},
        {"typ": None},
    ],
)
def test_a_header_of_another_form_is_refused(header: dict[str, Any]) -> None:
    text = jws.sign(b"x", KIND, the_signer())
    changed = packed(json.dumps(header_of(text) | header).encode())
    with pytest.raises(SignedDocumentError):
        jws.read(json.dumps(parts(text) | {"protected": changed}).encode(), KIND, MAX_BYTES)


def test_a_signer_with_another_sort_of_key_is_refused() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    leaf = make_root().issue(key, "rsa")  # type: ignore[arg-type]
    text = jws.sign(b"x", KIND, the_signer())
    header = header_of(text) | {"x5c": [base64.b64encode(leaf.public_bytes(Encoding.DER)).decode()]}
    changed = packed(json.dumps(header).encode())
    with pytest.raises(SignedDocumentError, match="P-256"):
        jws.read(json.dumps(parts(text) | {"protected": changed}).encode(), KIND, MAX_BYTES)


@pytest.mark.parametrize(
    "change",
    [
        {"header": {"alg": "ES256"}},
        {"payload": 7},
        {"payload": ""},
        {"signature": "***"},
        {"signature": "AAAA=\n"},
    ],
)
def test_a_document_of_another_form_is_refused(change: dict[str, Any]) -> None:
    text = parts(jws.sign(b"x", KIND, the_signer()))
    with pytest.raises(SignedDocumentError):
        jws.read(json.dumps(text | change).encode(), KIND, MAX_BYTES)


def test_one_that_is_too_long_is_refused_by_its_length() -> None:
    with pytest.raises(SignedDocumentError, match="at most 1000"):
        jws.read(jws.sign(bytes(1000), KIND, the_signer()), KIND, 1000)


@given(text=st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_nothing_that_is_no_document_is_read_or_crashes(text: bytes) -> None:
    with pytest.raises(SignedDocumentError):
        jws.read(text, KIND, MAX_BYTES)


@given(
    value=st.fixed_dictionaries(
        {
            "payload": st.text("abcAZ09-_", min_size=1),
            "protected": st.text("abcAZ09-_", min_size=1)
            | st.dictionaries(
                st.sampled_from(["alg", "typ", "x5c", "kid"]),
                st.sampled_from(["ES256", KIND, [], [""], ["AAAA"], None, 1]),
            ).map(lambda header: packed(json.dumps(header).encode())),
            "signature": st.text("abcAZ09-_", min_size=1),
        }
    )
)
def test_nothing_that_only_looks_like_a_document_is_read_or_crashes(value: dict[str, str]) -> None:
    with pytest.raises(SignedDocumentError):
        jws.read(json.dumps(value).encode(), KIND, MAX_BYTES)
