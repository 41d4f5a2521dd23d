"""Certificates with turned bytes: read to the end or refused, and judged without a crash."""

import base64
import warnings
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bwv_device.evidence import trust
from bwv_device.evidence.media_signing.signatures import _read_key
from bwv_device.evidence.read_certificates import load_der, load_pem
from bwv_device.evidence.trust import UntrustedError
from tests.support.signing_keys import the_root, the_signer

AT_UTC_NS = 1_795_000_000_000_000_000


def leaf() -> bytes:
    (one,) = load_pem(the_signer().certificate_chain_pem.encode())
    return one.public_bytes(Encoding.DER)


def as_pem(der: bytes) -> str:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"


def turned(turns: list[tuple[int, int]]) -> bytes:
    der = bytearray(leaf())
    for at, value in turns:
        der[at % len(der)] = value
    return bytes(der)


TURNS = st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), min_size=1, max_size=3)


@settings(max_examples=500)
@given(turns=TURNS)
@example(turns=[(12, 34)])
def test_what_is_read_can_be_asked_everything(turns: list[tuple[int, int]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _read_key(as_pem(turned(turns)))
        try:
            found = load_der(turned(turns))
        except ValueError as error:
            assert str(error)
            return
        with suppress(UntrustedError):
            trust.require_trusted([found], [the_root().certificate], AT_UTC_NS)
        with suppress(UntrustedError):
            trust.signer_role([found])
        assert found.subject.rfc4514_string() or not list(found.subject)


def test_a_version_that_is_none_is_refused_as_all_else() -> None:
    der = leaf()
    at = der.index(b"\xa0\x03\x02\x01\x02") + 4
    wrong = der[:at] + b"\x22" + der[at + 1 :]
    with pytest.raises(x509.InvalidVersion):
        x509.load_der_x509_certificate(wrong)
    for refuse in (lambda: load_der(wrong), lambda: load_pem(as_pem(wrong).encode())):
        with pytest.raises(ValueError, match="InvalidVersion"):
            refuse()
    assert _read_key(as_pem(wrong)) is None


def test_text_without_a_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="can't be read"):
        load_pem(b"nothing")
