"""A camera enrols: whatever breaks off, the same command goes on, and nothing is lost."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from bwv_device.dock.enrolment import Enrolled, enrol, obtain
from bwv_device.dock.errors import (
    AnswerError,
    ConnectionFileError,
    DockError,
    EnrolmentError,
    NetworkError,
    NotTrustedError,
)
from bwv_device.dock.est_client import EstClient
from bwv_device.evidence.identity import Enrolment, Identity, load_or_create
from bwv_device.evidence.identity.credential import parse_certificates
from bwv_device.evidence.identity.files import IdentityFiles
from bwv_device.evidence.identity.profile import Purpose, new_key
from bwv_device.evidence.identity.requests import Request, make_request, parse_request
from bwv_device.evidence.identity.trust import check_path
from dock_server.authority.revocation import issued
from tests.destination.secure import SecureDock

SERIAL, MODEL = "BWV-0001", "Open BWV"


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[SecureDock]:
    server = SecureDock(tmp_path / "dock")
    yield server
    server.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def run(dock: SecureDock, store: Path, code: str) -> Enrolled:
    return enrol(store, SERIAL, MODEL, dock.connection(), code)


def identity(store: Path) -> Identity:
    return load_or_create(store, SERIAL, MODEL)


def issued_to_devices(dock: SecureDock) -> int:
    return sum(f"device {SERIAL}" == str(one.role) for one in issued(dock.authority))


def test_an_enrolled_camera_signs_below_the_authority(dock: SecureDock, store: Path) -> None:
    assert identity(store).enrolment is Enrolment.NOT_ENROLLED
    said = run(dock, store, dock.code(SERIAL))
    found = identity(store)
    assert found.enrolment is Enrolment.ENROLLED
    assert "Test force" in said.authority
    assert said.signing_end_utc_ns > said.transport_end_utc_ns > dock.hands.utc_ns
    chain = parse_certificates(found.signer.certificate_chain_pem)
    assert found.anchor_pem == dock.root_pem
    check_path(chain, [dock.authority.certificate], dock.hands.utc_ns)
    assert found.transport is not None
    assert found.transport.credential.leaf.public_key() != chain[0].public_key()


def test_its_keys_are_for_its_user_only_and_nothing_pends(dock: SecureDock, store: Path) -> None:
    run(dock, store, dock.code(SERIAL))
    files = list((store / "identity" / SERIAL).iterdir())
    assert {path.name for path in files} == {"authority.pem", "signing.pem", "transport.pem"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_servers_folder_holds_no_key_of_the_camera(dock: SecureDock, store: Path) -> None:
    run(dock, store, dock.code(SERIAL))
    for path in dock.authority.files.issued.iterdir():
        assert b"PRIVATE" not in path.read_bytes()


@pytest.mark.parametrize("code", ["AAAAA-AAAAA-AAAAA-AAAAA", "x"])
def test_a_wrong_code_is_said_in_the_servers_words(
    dock: SecureDock, store: Path, code: str
) -> None:
    before = identity(store).anchor_pem
    with pytest.raises(EnrolmentError, match=r"401 \(wrong serial number or code"):
        run(dock, store, code)
    assert identity(store).anchor_pem == before


def test_without_a_code_the_first_time_a_code_is_asked_for(dock: SecureDock, store: Path) -> None:
    with pytest.raises(EnrolmentError, match="needs a code"):
        run(dock, store, "")


def test_a_lost_answer_costs_no_code(
    dock: SecureDock, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, real, lost = dock.code(SERIAL), EstClient.enrol, []

    def losing(self: EstClient, *args: object) -> list[x509.Certificate]:
        found = real(self, *args)  # type: ignore[arg-type]
        if not lost:
            lost.append(found)
            raise NetworkError("the answer was lost")
        return found

    monkeypatch.setattr(EstClient, "enrol", losing)
    with pytest.raises(NetworkError):
        run(dock, store, code)
    assert identity(store).enrolment is Enrolment.NOT_ENROLLED
    run(dock, store, code)
    assert identity(store).enrolment is Enrolment.ENROLLED
    assert issued_to_devices(dock) == 2


def test_cut_off_between_its_two_certificates_it_goes_on_without_a_code(
    dock: SecureDock, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, real = dock.code(SERIAL), EstClient.further

    def cut(*_: object, **__: object) -> list[x509.Certificate]:
        raise NetworkError("cut off")

    monkeypatch.setattr(EstClient, "further", cut)
    with pytest.raises(NetworkError):
        run(dock, store, code)
    half = identity(store)
    assert (half.enrolment, half.transport is None) == (Enrolment.NOT_ENROLLED, False)
    monkeypatch.setattr(EstClient, "further", real)
    run(dock, store, "")
    assert identity(store).enrolment is Enrolment.ENROLLED


def test_enrolling_again_replaces_both(dock: SecureDock, store: Path) -> None:
    run(dock, store, dock.code(SERIAL))
    first = identity(store)
    run(dock, store, dock.code(SERIAL))
    second = identity(store)
    assert first.transport and second.transport
    assert first.transport.credential.leaf != second.transport.credential.leaf
    assert first.signer.certificate_chain_pem != second.signer.certificate_chain_pem


def test_a_destination_without_tls_gets_no_code(dock: SecureDock, store: Path) -> None:
    uri = f"http://127.0.0.1:{dock.port}/auth/v1.0"
    plain = dock.connection(authentication_token_uri=[uri])
    bare = dock.connection(https_certificate=[])
    for connection in (plain, bare):
        with pytest.raises(ConnectionFileError, match="TLS"):
            enrol(store, SERIAL, MODEL, connection, dock.code(SERIAL))


def test_a_server_with_another_certificate_gets_no_code(
    dock: SecureDock, store: Path, tmp_path: Path
) -> None:
    other = SecureDock(tmp_path / "other")
    try:
        uri = f"https://127.0.0.1:{other.port}/auth/v1.0"
        with pytest.raises(NotTrustedError):
            connection = dock.connection(authentication_token_uri=[uri])
            enrol(store, SERIAL, MODEL, connection, dock.code(SERIAL))
        assert not (store / "identity").exists()
    finally:
        other.close()


def test_a_server_of_another_name_gets_no_code(dock: SecureDock, store: Path) -> None:
    uri = f"https://127.0.0.2:{dock.port}/auth/v1.0"
    connection = dock.connection(authentication_token_uri=[uri])
    with pytest.raises(DockError):
        enrol(store, SERIAL, MODEL, connection, dock.code(SERIAL))


@pytest.mark.parametrize("case", ["other device", "other purpose", "other key", "none"])
def test_what_was_not_asked_for_is_not_kept(dock: SecureDock, store: Path, case: str) -> None:
    authority = dock.authority

    def answer(der: bytes) -> list[x509.Certificate]:
        request = parse_request(der)
        with authority.files.locked():
            return {
                "other device": lambda: [
                    authority.issue_device(
                        Request("BWV-0002", "", request.public_key), Purpose.TRANSPORT
                    )
                ],
                "other purpose": lambda: [authority.issue_device(request, Purpose.SIGNING)],
                "other key": lambda: [
                    authority.issue_device(
                        parse_request(make_request(new_key(), SERIAL, "")), Purpose.TRANSPORT
                    )
                ],
                "none": lambda: [authority.certificate],
            }[case]()

    files = IdentityFiles(store, SERIAL)
    with pytest.raises(AnswerError, match="was not asked for"):
        obtain(files, Purpose.TRANSPORT, MODEL, [authority.certificate], answer)
    assert not files.transport.exists()


def test_a_twin_of_the_authority_can_not_issue(
    dock: SecureDock, store: Path, tmp_path: Path
) -> None:
    twin = SecureDock(tmp_path / "twin")
    try:

        def answer(der: bytes) -> list[x509.Certificate]:
            with twin.authority.files.locked():
                return [twin.authority.issue_device(parse_request(der), Purpose.TRANSPORT)]

        files = IdentityFiles(store, SERIAL)
        with pytest.raises(AnswerError, match="not among the anchors"):
            obtain(files, Purpose.TRANSPORT, MODEL, [dock.authority.certificate], answer)
    finally:
        twin.close()


def test_a_torn_pending_key_is_made_anew(dock: SecureDock, store: Path) -> None:
    files = IdentityFiles(store, SERIAL)
    files.folder.mkdir(parents=True)
    files.pending(Purpose.TRANSPORT).write_bytes(b"-----BEGIN PRIV")
    run(dock, store, dock.code(SERIAL))
    assert identity(store).enrolment is Enrolment.ENROLLED
