"""Signers: what they give verifies, and a chain that verifiers would refuse is refused here."""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

from bwv_device.evidence.certificate_chain import read_chain, require_chain
from bwv_device.evidence.errors import SigningError
from bwv_device.evidence.media_signing.values import MOST_SIGNATURE_BYTES
from bwv_device.evidence.signer import KeySigner, Signer
from tests.support.signing_keys import make_root, make_signer, pem, the_root, the_signer

DIGEST = hashlib.sha256(b"a picture").digest()
OTHER_DIGEST = hashlib.sha256(b"another picture").digest()
PREHASHED = ec.ECDSA(utils.Prehashed(hashes.SHA256()))


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_key(signer: Signer) -> ec.EllipticCurvePublicKey:
    key = read_chain(signer.certificate_chain_pem)[0].public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def test_a_signature_verifies_by_the_leaf_of_the_chain() -> None:
    signer: Signer = the_signer()
    signature = signer.sign(DIGEST)
    assert len(signature) <= MOST_SIGNATURE_BYTES
    public_key(signer).verify(signature, DIGEST, PREHASHED)


def test_a_signature_verifies_for_no_other_digest_and_no_other_key() -> None:
    signer = the_signer()
    signature = signer.sign(DIGEST)
    with pytest.raises(InvalidSignature):
        public_key(signer).verify(signature, OTHER_DIGEST, PREHASHED)
    with pytest.raises(InvalidSignature):
        public_key(make_signer(the_root())).verify(signature, DIGEST, PREHASHED)


def test_what_is_no_digest_is_not_signed() -> None:
    with pytest.raises(SigningError, match="no SHA-256 digest"):
        the_signer().sign(b"a picture")


@pytest.mark.parametrize("between", [0, 1, 3])
def test_a_chain_may_have_four_certificates(between: int) -> None:
    issuer = the_root()
    chain = []
    for number in range(between):
        key = new_key()
        issuer = type(issuer)(issuer.issue(key, f"between {number}", issues=True), key)
        chain.insert(0, issuer.certificate)
    key = new_key()
    text = pem(issuer.issue(key, "leaf"), *chain)
    assert KeySigner(key, text).certificate_chain_pem == text


def test_a_chain_that_verifiers_refuse_is_refused() -> None:
    root, key = make_root(), new_key()
    leaf = root.issue(key, "leaf")
    stranger = make_root("stranger").issue(new_key(), "between", issues=True)
    for text, what in (
        ("", "can't be read"),
        ("nonsense", "can't be read"),
        (pem(root.issue(new_key(), "other")), "another key"),
        (pem(leaf, root.certificate), "leave the anchor out"),
        (pem(leaf, stranger), "was not issued by"),
        (pem(*[leaf] * 5), "too many"),
    ):
        with pytest.raises(SigningError, match=what):
            KeySigner(key, text)


def test_a_leaf_that_is_its_own_anchor_is_refused() -> None:
    root = make_root()
    with pytest.raises(SigningError, match="its own issuer"):
        KeySigner(root.key, root.pem)


def test_keys_of_other_kinds_are_refused() -> None:
    root, key = make_root(), ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(SigningError, match="P-256"):
        KeySigner(key, pem(root.issue(key, "leaf")))
    wrong = rsa.generate_private_key(65537, 2048)
    with pytest.raises(SigningError, match="another key"):
        require_chain(pem(root.issue(wrong, "leaf")), new_key().public_key())
