"""Enrolment over EST: what a code brings, and what it does not."""

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bwv_device.evidence.identity.credential import Credential
from bwv_device.evidence.identity.profile import new_key
from bwv_device.evidence.identity.requests import (
    Request,
    certificate_of,
    make_request,
    parse_request,
)
from bwv_device.evidence.identity.trust import check_path, role_of
from bwv_device.protocol import est
from bwv_device.protocol.est import Label
from bwv_device.protocol.roles import DeviceRole
from dock_server.authority.codes import ALPHABET
from dock_server.authority.revocation import issued as all_issued
from dock_server.authority.revocation import revoke
from tests.destination.secure import SecureDock, SecureWire, asked, issued
from tests.destination.wire import SERIAL

OTHER = "BWV-0002"
HOUR_NS = 3600 * 10**9


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[SecureDock]:
    server = SecureDock(tmp_path / "dock")
    yield server
    server.close()


def serials(dock: SecureDock) -> list[str]:
    """Whose certificates there are."""
    roles = [one.role for one in all_issued(dock.authority)]
    return [role.serial for role in roles if isinstance(role, DeviceRole)]


def enrolled(dock: SecureDock, serial: str = SERIAL) -> SecureWire:
    key = new_key()
    answer = dock.client().enrol(make_request(key, serial, ""), serial, dock.code(serial))
    return dock.client(dock.keep(Credential(key, (issued(answer),))))


def test_the_authoritys_certificate_is_given_to_everybody(dock: SecureDock) -> None:
    answer = dock.client().ask("GET", est.path(est.CA_CERTIFICATES))
    assert issued(answer) == dock.authority.certificate
    assert answer.headers["content-type"] == "application/pkcs7-mime"
    assert answer.headers["content-transfer-encoding"] == "base64"


def test_a_code_brings_a_certificate_that_opens_the_door(dock: SecureDock) -> None:
    key = new_key()
    answer = dock.client().enrol(make_request(key, SERIAL, ""), SERIAL, dock.code(SERIAL))
    found = issued(answer)
    assert answer.headers["content-type"] == "application/pkcs7-mime; smime-type=certs-only"
    assert certificate_of(key, [found]) is found
    assert role_of(found) == DeviceRole(SERIAL)
    check_path([found], [dock.authority.certificate], dock.hands.utc_ns)
    assert (found.not_valid_after_utc - found.not_valid_before_utc).days == 60
    wire = dock.client(dock.keep(Credential(key, (found,))))
    assert wire.sign_in().status == 200
    line = dock.wait_for_line(method="POST", path=est.path(est.ENROL))
    assert line["issued"] == f"{found.serial_number:040x}"


def test_the_audit_log_and_the_folder_hold_no_code(dock: SecureDock, tmp_path: Path) -> None:
    code = dock.code(SERIAL)
    dock.client().enrol(asked(SERIAL)[1], SERIAL, code)
    line = dock.wait_for_line(method="POST", status=200)
    assert code not in str(line)
    plain = code.replace("-", "")
    for path in tmp_path.rglob("*"):
        text = path.read_bytes() if path.is_file() else b""
        assert code.encode() not in text and plain.encode() not in text and plain not in path.name


def test_a_code_may_be_typed_carelessly(dock: SecureDock) -> None:
    code = dock.code(SERIAL)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    issued(dock.client().enrol(asked(SERIAL)[1], SERIAL, typed))


def test_codes_are_all_different_and_of_letters_that_are_not_confused(dock: SecureDock) -> None:
    codes = [dock.code(SERIAL) for _ in range(50)]
    assert len(set(codes)) == 50
    assert all(len(code.replace("-", "")) == 20 for code in codes)
    assert set("".join(codes)) <= set(ALPHABET + "-")


def test_a_lost_answer_costs_no_code(dock: SecureDock) -> None:
    code, (_, der) = dock.code(SERIAL), asked(SERIAL)
    first, second = (issued(dock.client().enrol(der, SERIAL, code)) for _ in range(2))
    assert first == second
    assert serials(dock) == [SERIAL]


@pytest.mark.parametrize(
    ("serial", "said_serial", "code", "status"),
    [
        (SERIAL, SERIAL, "AAAAA-AAAAA-AAAAA-AAAAA", 401),
        (SERIAL, SERIAL, "", 401),
        (SERIAL, OTHER, None, 401),
        (OTHER, OTHER, None, 401),
        (OTHER, SERIAL, None, 403),
        (SERIAL, "", None, 401),
        (SERIAL, "../" + SERIAL, None, 401),
    ],
)
def test_what_does_not_fit_the_code_brings_nothing(
    dock: SecureDock, serial: str, said_serial: str, code: str | None, status: int
) -> None:
    made = dock.code(SERIAL)
    _, der = asked(serial)
    answer = dock.client().enrol(der, said_serial, made if code is None else code)
    assert answer.status == status
    assert serials(dock) == []
    issued(dock.client().enrol(asked(SERIAL)[1], SERIAL, made))


def test_a_code_works_once(dock: SecureDock) -> None:
    code = dock.code(SERIAL)
    issued(dock.client().enrol(asked(SERIAL)[1], SERIAL, code))
    answer = dock.client().enrol(asked(SERIAL)[1], SERIAL, code)
    assert (answer.status, "was used" in answer.text) == (401, True)
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert serials(dock) == [SERIAL]


def test_a_code_runs_out(dock: SecureDock) -> None:
    code = dock.code(SERIAL, hours=2)
    dock.hands.utc_ns += 2 * HOUR_NS + 1
    answer = dock.client().enrol(asked(SERIAL)[1], SERIAL, code)
    assert (answer.status, "run out" in answer.text) == (401, True)
    assert serials(dock) == []


def test_a_used_code_brings_nothing_back_for_a_revoked_device(dock: SecureDock) -> None:
    code, (_, der) = dock.code(SERIAL), asked(SERIAL)
    issued(dock.client().enrol(der, SERIAL, code))
    revoke(dock.authority, SERIAL, "stolen")
    assert dock.client().enrol(der, SERIAL, code).status == 401


def test_without_a_code_and_without_a_certificate_nothing_is_issued(dock: SecureDock) -> None:
    wire, (_, der) = dock.client(), asked(SERIAL)
    answers = [
        wire.ask("POST", est.path(est.ENROL), est.body(der)),
        wire.ask("POST", est.path(est.ENROL), est.body(der), {"Authorization": "Bearer x"}),
        wire.ask("POST", est.path(est.ENROL), est.body(der), {"Authorization": "Basic %%%"}),
        wire.further(der),
        wire.further(der, est.ENROL, Label.SIGNING),
        wire.further(der, est.RENEW, Label.SIGNING),
    ]
    assert [answer.status for answer in answers] == [401, 400, 400, 401, 401, 401]
    assert serials(dock) == []


def test_the_signing_certificate_comes_by_the_transport_certificate(dock: SecureDock) -> None:
    wire = enrolled(dock)
    found = issued(wire.further(asked(SERIAL, "Open BWV")[1], est.ENROL, Label.SIGNING))
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [one.dotted_string for one in usage] == ["1.3.6.1.5.5.7.3.36"]
    assert (found.not_valid_after_utc - found.not_valid_before_utc).days == 1100
    assert "OU=Open BWV" in found.subject.rfc4514_string()
    assert "O=Test force" in found.subject.rfc4514_string()


def test_renewal_brings_a_new_certificate_and_the_old_one_counts_on(dock: SecureDock) -> None:
    wire, key = enrolled(dock), new_key()
    found = issued(wire.further(make_request(key, SERIAL, "")))
    new = dock.client(dock.keep(Credential(key, (found,))))
    assert [one.sign_in().status for one in (wire, new)] == [200, 200]


def test_nobody_renews_for_another_or_with_one_key_for_both(dock: SecureDock) -> None:
    key = new_key()
    answer = dock.client().enrol(make_request(key, SERIAL, ""), SERIAL, dock.code(SERIAL))
    wire = dock.client(dock.keep(Credential(key, (issued(answer),))))
    assert wire.further(asked(OTHER)[1]).status == 403
    assert wire.further(make_request(key, SERIAL, ""), est.ENROL, Label.SIGNING).status == 403
    assert serials(dock) == [SERIAL]


def test_a_revoked_device_renews_nothing_until_it_has_a_new_code(dock: SecureDock) -> None:
    wire = enrolled(dock)
    unused = dock.code(SERIAL)
    assert revoke(dock.authority, SERIAL, "lost") == 1
    assert wire.further(asked(SERIAL)[1]).status == 403
    assert dock.client().enrol(asked(SERIAL)[1], SERIAL, unused).status == 401
    assert enrolled(dock).sign_in().status == 200
    assert wire.sign_in().status == 403


def test_the_revocation_list_names_what_was_revoked(dock: SecureDock) -> None:
    enrolled(dock)
    enrolled(dock, OTHER)
    revoke(dock.authority, SERIAL, "lost")
    (mine,) = (
        one.certificate for one in all_issued(dock.authority) if one.role == DeviceRole(SERIAL)
    )
    found = x509.load_pem_x509_crl(dock.authority.files.revocation_list.read_bytes())
    key = dock.authority.certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert found.is_signature_valid(key)
    assert [one.serial_number for one in found] == [mine.serial_number]


def rsa_request() -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SERIAL)])
    uri = x509.UniformResourceIdentifier(f"urn:bwv:device:{SERIAL}")
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    builder = builder.add_extension(x509.SubjectAlternativeName([uri]), False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def request_naming(*uris: str) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SERIAL)])
    names = [x509.UniformResourceIdentifier(uri) for uri in uris]
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    return builder.sign(new_key(), hashes.SHA256()).public_bytes(Encoding.DER)


def broken_signature() -> bytes:
    der = bytearray(asked(SERIAL)[1])
    der[-1] ^= 1
    return bytes(der)


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"nonsense",
        rsa_request(),
        request_naming(f"urn:bwv:device:{OTHER}"),
        request_naming(f"urn:bwv:device:{SERIAL}", "urn:bwv:destination:x"),
        request_naming("urn:bwv:destination:x"),
        broken_signature(),
    ],
    ids=["empty", "nonsense", "rsa", "other", "two", "destination", "signature"],
)
def test_a_request_that_is_not_right_is_400_and_costs_no_code(dock: SecureDock, der: bytes) -> None:
    code = dock.code(SERIAL)
    answer = dock.client().enrol(der, SERIAL, code)
    assert answer.status == 400, answer.text
    assert serials(dock) == []
    issued(dock.client().enrol(asked(SERIAL)[1], SERIAL, code))


def test_a_body_that_is_no_base64_or_too_long_is_refused(dock: SecureDock) -> None:
    headers = {"Authorization": est.basic(SERIAL, dock.code(SERIAL))}
    for body in (b"\xff\xfe", b"A" * 100_000, b"A" * 2_000_000):
        answer = dock.client().ask("POST", est.path(est.ENROL), body, headers)
        assert answer.status in (400, 413)


def test_a_long_or_strange_model_is_cut_to_what_may_stand_in_a_certificate() -> None:
    der = make_request(new_key(), SERIAL, "é" * 10 + "M" * 60)
    found = parse_request(der)
    assert found == Request(SERIAL, "M" * 32, found.public_key)


@pytest.mark.needs("openssl")
def test_openssl_and_base64_are_all_that_a_client_of_est_needs(
    dock: SecureDock, tmp_path: Path
) -> None:
    """A client that we did not write: key, request and reading of the answer are openssl's."""

    def openssl(*words: str, data: bytes = b"") -> bytes:
        return subprocess.run(
            ["openssl", *words], input=data, capture_output=True, check=True
        ).stdout

    key = str(tmp_path / "key.pem")
    curve = ("-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    openssl("genpkey", "-algorithm", "EC", *curve)
    names = ("-subj", f"/CN={SERIAL}", "-addext", f"subjectAltName=URI:urn:bwv:device:{SERIAL}")
    der = openssl("req", "-new", "-key", key, "-outform", "DER", *names)
    answer = dock.client().enrol(der, SERIAL, dock.code(SERIAL))
    assert answer.status == 200, answer.text
    pkcs7 = base64.b64decode(answer.body)
    text = openssl("pkcs7", "-inform", "DER", "-print_certs", data=pkcs7)
    leaf, root = tmp_path / "leaf.pem", tmp_path / "root.pem"
    leaf.write_bytes(text)
    root.write_text(dock.root_pem)
    said = openssl(
        "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", str(root), str(leaf)
    )
    assert said.endswith(b": OK\n")
    credential = tmp_path / "both.pem"
    credential.write_bytes(Path(key).read_bytes() + text)
    assert dock.client(credential).sign_in().status == 200
