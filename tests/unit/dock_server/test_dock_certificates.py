"""Connections with certificates: who gets in, who does not, and that nothing is lost by it."""

import http.client
import logging
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from bwv_device.evidence.identity.profile import Purpose
from bwv_device.protocol.keys import Status
from bwv_device.protocol.resumable import (
    PARTIAL_UPLOAD,
    UPLOAD_COMPLETE,
    UPLOAD_LENGTH,
    UPLOAD_OFFSET,
)
from dock_server.authority.revocation import revoke
from tests.destination.in_process import CREDENTIALS
from tests.destination.secure import DAY_NS, SecureDock, SecureWire
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER

OTHER = "BWV-0002"
OTHERS_CONTAINER = CONTAINER.replace(SERIAL, OTHER)


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[SecureDock]:
    server = SecureDock(tmp_path / "dock")
    yield server
    server.close()


def is_shut_out(wire: SecureWire) -> bool:
    """Whether the handshake fails; with TLS 1.3 the client notices at the first answer."""
    try:
        wire.sign_in()
    except (ssl.SSLError, http.client.HTTPException, ConnectionError):
        return True
    return False


def record(wire: SecureWire) -> None:
    """A whole recording of the camera `SERIAL`."""
    wire.open_recording(ClipCount="1")
    assert wire.put(CONTAINER, CLIP, b"a clip").status == 201
    assert wire.post(CONTAINER, Status=Status.COMPLETE).status == 204


def test_a_device_brings_its_recording_and_is_named_in_the_audit_log(dock: SecureDock) -> None:
    record(dock.device(SERIAL))
    assert f"{CONTAINER}/{CLIP}" in dock.content()
    line = dock.wait_for_line(method="POST", status=204)
    assert line["by"] == f"device {SERIAL}"


def test_a_certificate_that_has_run_out_ends_the_handshake_and_is_logged(
    dock: SecureDock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "dock_server.tls"):
        assert is_shut_out(dock.client(dock.credential(SERIAL, days_ago=61)))
    assert "certificate has expired" in caplog.text


def test_a_certificate_that_does_not_count_yet_ends_the_handshake(dock: SecureDock) -> None:
    assert is_shut_out(dock.client(dock.credential(SERIAL, days_ago=-2)))


def test_a_foreign_authoritys_certificate_ends_the_handshake_and_is_logged(
    dock: SecureDock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    foreign = trustme.CA(organization_name="Test force").issue_cert(f"{SERIAL}.example.org")
    file = tmp_path / "foreign.pem"
    foreign.private_key_and_cert_chain_pem.write_to_path(str(file))
    with caplog.at_level(logging.WARNING, "dock_server.tls"):
        assert is_shut_out(dock.client(file))
    assert "refused a client's certificate" in caplog.text


def test_an_authority_of_the_same_name_is_foreign(dock: SecureDock, tmp_path: Path) -> None:
    twin = SecureDock(tmp_path / "twin")
    try:
        assert twin.authority.certificate.subject == dock.authority.certificate.subject
        assert is_shut_out(dock.client(twin.credential(SERIAL)))
    finally:
        twin.close()


def test_a_signing_certificate_opens_no_connection(dock: SecureDock) -> None:
    assert is_shut_out(dock.client(dock.credential(SERIAL, Purpose.SIGNING)))


def test_a_certificate_that_the_authority_does_not_know_is_403(dock: SecureDock) -> None:
    """Its key was stolen and used elsewhere: the signature is right, and nobody knows of it."""
    file = dock.credential(SERIAL)
    for path in dock.authority.files.issued.iterdir():
        path.unlink()
    answer = dock.client(file).sign_in()
    assert (answer.status, "did not issue" in answer.text) == (403, True)


def test_the_servers_own_certificate_is_no_device(dock: SecureDock) -> None:
    assert is_shut_out(dock.client(dock.authority.files.server))


def test_revocation_acts_on_the_next_request_of_an_open_connection(dock: SecureDock) -> None:
    wire = dock.device(SERIAL)
    wire.open_recording()
    connection = wire.connect()
    headers = {"X-Auth-Token": wire.token}
    seen = []
    for _ in range(3):
        connection.request("HEAD", wire.path(CONTAINER), headers=headers)
        answer = connection.getresponse()
        answer.read()
        seen.append((answer.status, connection.sock is not None))
        if len(seen) == 1:
            assert revoke(dock.authority, SERIAL, "stolen") == 1
    connection.close()
    assert seen == [(204, True), (403, True), (403, True)]
    assert wire.put(CONTAINER, CLIP, b"late").status == 403
    assert f"{CONTAINER}/{CLIP}" not in dock.content()
    assert dock.wait_for_line(method="PUT", status=403)["refused"] == "the certificate was revoked"


def test_revoking_one_device_leaves_the_others(dock: SecureDock) -> None:
    mine, other = dock.device(SERIAL), dock.device(OTHER)
    revoke(dock.authority, OTHER, "lost")
    assert other.sign_in().status == 403
    record(mine)


def test_a_certificate_that_runs_out_on_an_open_connection_is_403(dock: SecureDock) -> None:
    wire = dock.device(SERIAL)
    connection = wire.connect()
    statuses = []
    for days in (0, 61):
        dock.hands.utc_ns += days * DAY_NS
        headers = {"X-Auth-Token": wire.token}
        connection.request("HEAD", "/v1/bwv/System/Capabilities.json", headers=headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    assert statuses == [200, 403]


def test_tls_1_2_is_not_spoken(dock: SecureDock) -> None:
    wire = dock.client(dock.credential(SERIAL))
    wire.context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert is_shut_out(wire)


def test_plain_http_is_not_answered(dock: SecureDock) -> None:
    plain = http.client.HTTPConnection("127.0.0.1", dock.port, timeout=20)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        plain.request("GET", "/auth/v1.0")
        plain.getresponse()
    plain.close()


def test_without_a_certificate_nothing_is_open(dock: SecureDock) -> None:
    wire = dock.client()
    assert wire.sign_in(CREDENTIALS.user_name, CREDENTIALS.key).status == 401
    assert wire.head(CONTAINER).status == 401


def test_a_token_is_of_no_use_with_another_certificate(dock: SecureDock) -> None:
    token = dock.device(SERIAL).token
    thief = dock.client(dock.credential(OTHER))
    thief.token = token
    bare = dock.client()
    bare.token = token
    assert [one.head("System", "Capabilities.json").status for one in (thief, bare)] == [401, 401]


def test_with_passwords_other_makers_clients_get_in_beside_certificates(tmp_path: Path) -> None:
    dock = SecureDock(tmp_path / "dock", passwords=True)
    try:
        client = dock.client()
        assert client.sign_in(CREDENTIALS.user_name, CREDENTIALS.key).status == 200
        client.open_recording()
        assert client.put(CONTAINER, CLIP, b"a clip").status == 201
        assert client.get(CONTAINER, CLIP).body == b"a clip"
        device = dock.device(SERIAL)
        assert device.get(CONTAINER, CLIP).status == 403
        assert device.sign_in(CREDENTIALS.user_name, CREDENTIALS.key).status == 200
        assert device.get(CONTAINER, CLIP).status == 403
    finally:
        dock.close()


def others_recording(dock: SecureDock) -> None:
    other = dock.device(OTHER)
    assert other.put("Users", USER, Name="Sam", Active="True").status == 201
    assert other.put("Devices", OTHER, Name="Two", Active="True").status == 201
    assert other.put(OTHERS_CONTAINER, Status="Transferring").status == 201
    assert other.put(OTHERS_CONTAINER, CLIP, b"theirs").status == 201


def test_another_devices_serial_number_in_the_path_is_403_and_changes_nothing(
    dock: SecureDock,
) -> None:
    others_recording(dock)
    wire = dock.device(SERIAL)
    before = dock.content()
    answers = [
        wire.put(OTHERS_CONTAINER, "20231114_221321_AAAA.mp4", b"mine"),
        wire.put(OTHERS_CONTAINER, CLIP, b"mine"),
        wire.put(OTHERS_CONTAINER, Status="Complete"),
        wire.post(OTHERS_CONTAINER, Status="Complete"),
        wire.post(OTHERS_CONTAINER, CLIP, Name="x"),
        wire.put("Devices", OTHER, Name="x"),
        wire.head("Devices", OTHER),
        wire.head(OTHERS_CONTAINER),
        wire.head(OTHERS_CONTAINER, CLIP),
        wire.get(OTHERS_CONTAINER),
        wire.get(OTHERS_CONTAINER, CLIP),
        wire.put(OTHERS_CONTAINER.replace("2023", "2024")),
    ]
    assert [answer.status for answer in answers] == [403] * len(answers)
    assert dock.content() == before
    assert dock.device(OTHER).head(OTHERS_CONTAINER).headers["x-container-meta-status"] == (
        "Transferring"
    )


def test_a_device_never_reads_footage_lists_or_deletes(dock: SecureDock) -> None:
    wire = dock.device(SERIAL)
    record(wire)
    assert wire.head(CONTAINER, CLIP).status == 200
    answers = [
        wire.get(CONTAINER, CLIP),
        wire.get(CONTAINER, CLIP, headers={"Range": "bytes=0-1"}),
        wire.get(CONTAINER),
        wire.get("Users"),
        wire.ask("GET", "/v1/bwv"),
        wire.ask("HEAD", "/v1/bwv"),
        wire.ask("DELETE", wire.path(CONTAINER, CLIP)),
        wire.ask("DELETE", wire.path(CONTAINER)),
    ]
    assert [answer.status for answer in answers] == [403] * len(answers)
    assert not any(b"a clip" in answer.body for answer in answers)
    assert f"{CONTAINER}/{CLIP}" in dock.content()


def test_an_upload_is_gone_on_with_by_its_own_device_only(dock: SecureDock) -> None:
    mine, other = dock.device(SERIAL), dock.device(OTHER)
    mine.open_recording()
    begun = mine.put(CONTAINER, CLIP, b"", headers={UPLOAD_COMPLETE: "?0", UPLOAD_LENGTH: "6"})
    assert begun.status == 201
    upload = urlsplit(begun.headers["location"]).path
    append = {UPLOAD_OFFSET: "0", UPLOAD_COMPLETE: "?1", "Content-Type": PARTIAL_UPLOAD}
    assert [
        other.ask("HEAD", upload).status,
        other.ask("PATCH", upload, b"theirs", append).status,
        other.ask("DELETE", upload).status,
    ] == [403] * 3
    assert mine.ask("HEAD", upload).headers[UPLOAD_OFFSET.lower()] == "0"
    assert mine.ask("PATCH", upload, b"a clip", append).status == 201
    assert mine.ask("HEAD", "/v1/bwv/.uploads/0123456789abcdef").status == 404


def test_a_revoked_device_does_not_go_on_with_its_upload(dock: SecureDock) -> None:
    mine = dock.device(SERIAL)
    mine.open_recording()
    begun = mine.put(CONTAINER, CLIP, b"", headers={UPLOAD_COMPLETE: "?0", UPLOAD_LENGTH: "6"})
    revoke(dock.authority, SERIAL, "stolen")
    append = {UPLOAD_OFFSET: "0", UPLOAD_COMPLETE: "?1", "Content-Type": PARTIAL_UPLOAD}
    upload = urlsplit(begun.headers["location"]).path
    assert mine.ask("PATCH", upload, b"a clip", append).status == 403
    assert f"{CONTAINER}/{CLIP}" not in dock.content()


def test_a_complete_recording_takes_nothing_more_from_its_own_device(dock: SecureDock) -> None:
    wire = dock.device(SERIAL)
    record(wire)
    assert wire.put(CONTAINER, "20231114_221321_AAAA.mp4", b"more").status == 409
    assert wire.put(CONTAINER, CLIP, b"other").status == 409
    assert wire.put(CONTAINER, CLIP, b"a clip").status == 201
    assert wire.post(CONTAINER, Name="other").status == 409


REJECTED = "RejectedContent_20231114T221320Z_0b9f4f0e-6f0a-4e6f-9a51-3f1f1a2f7c12"


def test_rejected_content_belongs_to_the_device_that_describes_it(dock: SecureDock) -> None:
    mine, other = dock.device(SERIAL), dock.device(OTHER)
    assert mine.put(REJECTED).status == 403
    assert mine.put(REJECTED, BWCSerialNumber=OTHER).status == 403
    assert mine.put(REJECTED, BWCSerialNumber=SERIAL).status == 201
    assert mine.put(REJECTED, CLIP, b"a clip").status == 201
    assert mine.head(REJECTED, CLIP).status == 200
    assert other.head(REJECTED).status == 403
    assert other.put(REJECTED, CLIP, b"a clip").status == 403
    assert other.put(REJECTED, BWCSerialNumber=OTHER).status == 403
    assert mine.post(REJECTED, BWCSerialNumber=OTHER).status == 403
    assert mine.get(REJECTED, CLIP).status == 403


@pytest.mark.parametrize(
    "path", ["/v1/bwv/..%2f", "/v1/bwv/%00", "/v1/bwv/System/..", "/v1/bwv/a/b/c", "/v1/bwv//x"]
)
def test_path_tricks_with_a_good_certificate_are_refused(dock: SecureDock, path: str) -> None:
    wire = dock.device(SERIAL)
    before = dock.content()
    assert wire.ask("PUT", path, b"x").status in (400, 403, 404)
    assert dock.content() == before
