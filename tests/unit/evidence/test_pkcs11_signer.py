"""A key on a token (SoftHSM): it signs as one in memory does, and its failures are told."""

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from bwv_device.configuration.model import Configuration
from bwv_device.configuration.signer import open_signer
from bwv_device.evidence.certificate_chain import read_chain
from bwv_device.evidence.errors import SigningError
from bwv_device.evidence.media_signing.values import MOST_SIGNATURE_BYTES
from bwv_device.evidence.pkcs11_signer import Pkcs11Signer, Token, TokenKey, token_of
from tests.support.signed_streams import letters, make_stream, make_stream_signer, read, sign
from tests.support.signing_keys import the_signer
from tests.support.softhsm import CONFIG_VARIABLE, SoftToken, make_token

pytestmark = pytest.mark.needs("softhsm2")
DIGEST = hashlib.sha256(b"a picture").digest()
PREHASHED = ec.ECDSA(utils.Prehashed(hashes.SHA256()))


@pytest.fixture(scope="module")
def soft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    before = os.environ.get(CONFIG_VARIABLE)
    yield make_token(tmp_path_factory.mktemp("softhsm"))
    os.environ.pop(CONFIG_VARIABLE)
    if before is not None:
        os.environ[CONFIG_VARIABLE] = before


def where(soft: SoftToken, **changes: object) -> TokenKey:
    signing = soft.signing.model_copy(update=changes)
    assert signing.module is not None and signing.pin_file is not None
    return TokenKey(signing.module, signing.token, signing.key, signing.pin_file)


@pytest.fixture
def token(soft: SoftToken) -> Iterator[Token]:
    made = Token(where(soft))
    yield made
    made.close()


def verify(chain_pem: str, signature: bytes) -> None:
    key = read_chain(chain_pem)[0].public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, DIGEST, PREHASHED)


def test_a_signature_verifies_by_the_certificate_of_the_token_s_key(
    soft: SoftToken, token: Token
) -> None:
    signer = Pkcs11Signer(token, soft.chain_pem)
    for _ in range(20):
        signature = signer.sign(DIGEST)
        assert len(signature) <= MOST_SIGNATURE_BYTES
        verify(signer.certificate_chain_pem, signature)


def test_a_stream_that_a_token_signed_is_authentic(soft: SoftToken, token: Token) -> None:
    signer = Pkcs11Signer(token, soft.chain_pem)
    reading = read(sign(make_stream("IPPP" * 5), make_stream_signer(signer)))
    assert letters(reading) == "." * 19 + "_"
    assert reading.chain_pem == soft.chain_pem


def test_the_configuration_names_the_token(soft: SoftToken) -> None:
    configuration = Configuration(signing=soft.signing)
    signer = open_signer(configuration)
    assert isinstance(signer, Pkcs11Signer)
    verify(soft.chain_pem, signer.sign(DIGEST))
    # Every signer of a process shares one login.
    verify(soft.chain_pem, open_signer(configuration).sign(DIGEST))
    token_of(where(soft)).close()


def test_a_session_that_was_lost_costs_one_signature_and_is_opened_anew(
    soft: SoftToken, token: Token
) -> None:
    signer = Pkcs11Signer(token, soft.chain_pem)
    signer.sign(DIGEST)
    assert token._session is not None
    token._session.close()
    with pytest.raises(SigningError, match="does not sign"):
        signer.sign(DIGEST)
    verify(soft.chain_pem, signer.sign(DIGEST))


def test_a_token_that_is_not_there_is_told_and_may_come_later(
    soft: SoftToken, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = os.environ[CONFIG_VARIABLE]
    (tmp_path / "tokens").mkdir()
    empty = tmp_path / "empty.conf"
    empty.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n", encoding="ascii")
    token = Token(where(soft))
    signer = Pkcs11Signer(token, soft.chain_pem)
    signer.sign(DIGEST)
    token.close()
    monkeypatch.setenv(CONFIG_VARIABLE, str(empty))
    token._library().reinitialize()
    with pytest.raises(SigningError, match="plugged in"):
        signer.sign(DIGEST)
    monkeypatch.setenv(CONFIG_VARIABLE, here)
    verify(soft.chain_pem, signer.sign(DIGEST))
    token.close()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"token": "another"}, "NoSuchToken"),
        ({"key": "another"}, "NoSuchKey"),
        ({"module": Path("/nowhere/lib.so")}, "no PKCS#11 module"),
        ({"pin_file": Path("/nowhere/pin")}, "can't be read"),
    ],
    ids=str,
)
def test_what_is_configured_wrong_is_named(
    soft: SoftToken, changes: dict[str, object], what: str
) -> None:
    with pytest.raises(SigningError, match=what):
        Pkcs11Signer(Token(where(soft, **changes)), soft.chain_pem).sign(DIGEST)


def test_a_camera_without_the_binding_is_told_what_to_install(
    soft: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(SigningError, match="install python-pkcs11"):
        Pkcs11Signer(Token(where(soft)), soft.chain_pem).sign(DIGEST)


def test_a_wrong_pin_is_named_and_not_shown(soft: SoftToken, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.touch(mode=0o600)
    pin.write_text("987123", encoding="ascii")
    with pytest.raises(SigningError, match="PinIncorrect") as told:
        Token(where(soft, pin_file=pin)).sign(DIGEST)
    assert "987123" not in str(told.value)


def test_a_pin_that_others_may_read_is_refused(soft: SoftToken, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("648219", encoding="ascii")
    pin.chmod(0o644)
    with pytest.raises(SigningError, match="chmod 600"):
        Token(where(soft, pin_file=pin)).sign(DIGEST)


def test_certificates_of_another_key_are_refused_at_the_first_signature(token: Token) -> None:
    signer = Pkcs11Signer(token, the_signer().certificate_chain_pem)
    with pytest.raises(SigningError, match=r"signing\.certificates"):
        signer.sign(DIGEST)
    with pytest.raises(SigningError, match=r"signing\.certificates"):
        signer.sign(DIGEST)


def test_what_is_no_digest_is_not_signed(soft: SoftToken, token: Token) -> None:
    with pytest.raises(SigningError, match="no SHA-256 digest"):
        Pkcs11Signer(token, soft.chain_pem).sign(b"a picture")
