"""A device's own identity: made once, kept through cuts and damage, named for what it is."""

import hashlib
import stat
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.identity import Enrolment, Identity, load_or_create
from bwv_device.evidence.identity.credential import parse_certificates, parse_key
from bwv_device.evidence.identity.profile import instant
from bwv_device.evidence.identity.trust import check_path, role_of
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.roles import DeviceRole

SERIAL, MODEL = "BWV-0001", "Open BWV"
DIGEST = hashlib.sha256(b"a clip").digest()
YEAR_1980_NS = 315_532_800 * 1_000_000_000
YEAR_2100_NS = 4_102_444_800 * 1_000_000_000


def leaf(identity: Identity) -> x509.Certificate:
    return parse_certificates(identity.signer.certificate_chain_pem)[0]


def check_signature(identity: Identity) -> None:
    """Raises unless the signer's signature is one of its leaf's key."""
    key = leaf(identity).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signature = identity.signer.sign(DIGEST)
    key.verify(signature, DIGEST, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def test_a_device_that_was_never_enrolled_signs_and_says_so(tmp_path: Path) -> None:
    identity = load_or_create(tmp_path, SERIAL, MODEL)
    check_signature(identity)
    assert identity.enrolment is Enrolment.NOT_ENROLLED
    assert identity.transport is None
    assert "O=not enrolled" in leaf(identity).subject.rfc4514_string()
    assert "OU=Open BWV" in leaf(identity).subject.rfc4514_string()
    assert role_of(leaf(identity)) == DeviceRole(SERIAL)


def test_the_leaf_is_not_its_own_anchor_and_leads_to_it(tmp_path: Path) -> None:
    identity = load_or_create(tmp_path, SERIAL, MODEL)
    chain = parse_certificates(identity.signer.certificate_chain_pem)
    (anchor,) = parse_certificates(identity.anchor_pem)
    assert len(chain) == 1
    assert chain[0].subject != chain[0].issuer
    assert check_path(chain, [anchor], YEAR_2100_NS) == anchor


def test_an_own_leaf_counts_from_2020_for_good(tmp_path: Path) -> None:
    found = leaf(load_or_create(tmp_path, SERIAL, MODEL))
    assert found.not_valid_before_utc.year == 2020
    assert found.not_valid_after_utc.year == 9999
    assert instant(YEAR_1980_NS) < found.not_valid_before_utc


def test_the_same_identity_comes_back(tmp_path: Path) -> None:
    first = load_or_create(tmp_path, SERIAL, MODEL)
    again = load_or_create(tmp_path, SERIAL, MODEL)
    assert again.signer.certificate_chain_pem == first.signer.certificate_chain_pem
    assert again.anchor_pem == first.anchor_pem


def test_a_serial_number_changed_and_back_has_its_identity_again(tmp_path: Path) -> None:
    first = load_or_create(tmp_path, SERIAL, MODEL)
    other = load_or_create(tmp_path, "BWV-0002", MODEL)
    assert role_of(leaf(other)) == DeviceRole("BWV-0002")
    assert other.anchor_pem != first.anchor_pem
    assert load_or_create(tmp_path, SERIAL, MODEL).anchor_pem == first.anchor_pem


def test_two_processes_at_the_first_start_make_one_identity(tmp_path: Path) -> None:
    found: list[Identity] = []
    threads = [
        threading.Thread(target=lambda: found.append(load_or_create(tmp_path, SERIAL, MODEL)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({identity.anchor_pem for identity in found}) == 1


def test_keys_are_for_this_user_only_and_in_no_text(tmp_path: Path) -> None:
    identity = load_or_create(tmp_path, SERIAL, MODEL)
    folder = tmp_path / "identity" / SERIAL
    file = folder / "own.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    number = parse_key(file.read_bytes()).private_numbers().private_value
    said = repr(identity) + str(identity)
    assert "PRIVATE" not in said
    assert str(number) not in said and f"{number:x}" not in said


def test_the_roots_key_is_kept_nowhere(tmp_path: Path) -> None:
    load_or_create(tmp_path, SERIAL, MODEL)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(path.read_bytes().count(b"PRIVATE KEY-----") for path in files) == 2  # begin, end


@pytest.mark.parametrize("damage", [b"", b"torn", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_damaged_identity_is_set_aside_and_a_new_one_signs(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    first = load_or_create(tmp_path, SERIAL, MODEL)
    file = tmp_path / "identity" / SERIAL / "own.pem"
    whole = file.read_bytes()
    file.write_bytes(damage)
    again = load_or_create(tmp_path, SERIAL, MODEL)
    check_signature(again)
    assert again.anchor_pem != first.anchor_pem
    assert file.with_name("own.pem.damaged-1").read_bytes() == damage
    assert "set aside" in caplog.text
    assert whole.decode()[40:80] not in caplog.text


def test_a_key_with_another_keys_certificate_is_not_used(tmp_path: Path) -> None:
    one = load_or_create(tmp_path, SERIAL, MODEL)
    load_or_create(tmp_path, "BWV-0002", MODEL)
    folder = tmp_path / "identity"
    key = (folder / "BWV-0002" / "own.pem").read_bytes().partition(b"-----BEGIN CERT")[0]
    file = folder / SERIAL / "own.pem"
    file.write_bytes(key + file.read_bytes()[file.read_bytes().index(b"-----BEGIN CERT") :])
    again = load_or_create(tmp_path, SERIAL, MODEL)
    check_signature(again)
    assert again.anchor_pem != one.anchor_pem


def test_a_file_that_a_cut_left_behind_does_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / "identity" / SERIAL
    folder.mkdir(parents=True)
    (folder / ".own.pem.1a2b3c4d").write_bytes(b"half a k")
    check_signature(load_or_create(tmp_path, SERIAL, MODEL))


@pytest.mark.parametrize("serial", ["", "..", "a/b", "a_b", "x" * 33, "é"])
def test_a_serial_number_that_is_none_leads_to_no_path(tmp_path: Path, serial: str) -> None:
    with pytest.raises(ProtocolError):
        load_or_create(tmp_path, serial, MODEL)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_is_said_as_such(tmp_path: Path) -> None:
    (tmp_path / "identity").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="identity"):
        load_or_create(tmp_path, SERIAL, MODEL)
