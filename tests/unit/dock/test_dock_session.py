"""Signing in: several addresses, tokens, the storage address, and who may be trusted."""

import base64
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from bwv_device.dock.connection_file import load_connection
from bwv_device.dock.errors import (
    AnswerError,
    BusyError,
    ConnectionFileError,
    NetworkError,
    NotAllowedError,
    NotTrustedError,
    SignInError,
)
from bwv_device.dock.http import Answer, Http
from bwv_device.dock.session import Session
from bwv_device.dock.stop import Stop
from bwv_device.evidence.records import ClipState
from bwv_device.protocol.connection import ConnectionFile
from tests.support.docking_camera import JumpingClock, Rig
from tests.unit.dock.fake_destination import AUTH, STORAGE, FakeDestination, running

NOBODY = "http://127.0.0.1:9/auth/v1.0"


def session(connection: ConnectionFile, certificates: list[str] | None = None) -> Session:
    return Session(Http(certificates or [], Stop()), connection, JumpingClock())


def test_a_wrong_key_is_a_fault_that_says_where_to_look(rig: Rig) -> None:
    rig.connection = rig.make_connection(blob_api_key="wrong")
    rig.record()
    summary = rig.push()
    assert "check user name and key" in summary.problems[0].text
    assert "wrong" not in summary.problems[0].text


def test_addresses_are_tried_in_order_until_one_gives_a_token(
    rig: Rig, fake: FakeDestination
) -> None:
    good = fake.url + AUTH
    made = session(rig.make_connection(authentication_token_uri=[NOBODY, good, NOBODY]))
    made.sign_in()
    assert fake.asked("GET", "auth") == 1


def test_a_refusal_is_told_rather_than_a_network_fault(rig: Rig, fake: FakeDestination) -> None:
    addresses = [fake.url + AUTH, NOBODY]
    connection = rig.make_connection(authentication_token_uri=addresses, blob_api_key="wrong")
    with pytest.raises(SignInError):
        session(connection).sign_in()
    with pytest.raises(NetworkError):
        session(rig.make_connection(authentication_token_uri=[NOBODY])).sign_in()


@pytest.mark.parametrize("status", [204, 302, 400, 404, 409, 413, 507])
def test_an_address_that_is_no_destination_never_rejects_or_loses_content(
    rig: Rig, fake: FakeDestination, status: int
) -> None:
    fake.fail("GET", "auth", status=status, times=float("inf"))
    with pytest.raises((AnswerError, NotAllowedError)):
        session(rig.connection).sign_in()
    rig.record()
    rig.push()
    assert rig.states() == [ClipState.FINALISED]
    assert fake.rejected() == []


def test_a_busy_server_is_asked_for_a_token_again(rig: Rig, fake: FakeDestination) -> None:
    fake.fail("GET", "auth", status=503)
    with pytest.raises(BusyError):
        session(rig.connection).sign_in()
    rig.record()
    fake.fail("GET", "auth", status=503)
    assert rig.push().ok


@pytest.mark.parametrize(
    "url", ["", "ftp://127.0.0.1/x", "/v1/abc", "http://127.0.0.1/a b", "http://x/\u00e4", "x" * 9]
)
def test_a_storage_address_that_is_none_is_an_answer_without_sense(
    rig: Rig, fake: FakeDestination, url: str
) -> None:
    fake.fail(
        "GET",
        "auth",
        status=200,
        headers={"X-Auth-Token": "t", "X-Storage-Url": url},
        times=float("inf"),
    )
    with pytest.raises(AnswerError):
        session(rig.connection).sign_in()


def test_the_storage_address_may_be_another_server(rig: Rig, fake: FakeDestination) -> None:
    with running() as other:
        fake.storage_url = other.url + STORAGE + "/"
        made = session(rig.connection)
        made.sign_in()
        other.token, other.uses_left = fake.token, 10
        made.request("PUT", ("Some container",), {}, b"")
        assert other.asked("PUT", "Some container") == 1


def test_no_answer_at_all_is_a_network_fault(rig: Rig, fake: FakeDestination) -> None:
    fake.fail("GET", "auth", cut_after=0, times=float("inf"))
    with pytest.raises(NetworkError):
        session(rig.connection).sign_in()


def test_a_header_in_another_script_goes_out_as_utf_8(rig: Rig, fake: FakeDestination) -> None:
    made = session(rig.connection)
    made.request("PUT", ("c",), {"X-Container-Meta-Name": "\u5f20 \U0001f46e"}, b"")
    raw = fake.containers["c"]["x-container-meta-name"]
    assert raw.encode("latin-1").decode() == "\u5f20 \U0001f46e"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not valid JSON"),
        (b"{}", "SiteName"),
        (b"x" * 70_000, "at most 64000"),
        (None, "No such file"),
    ],
)
def test_a_connection_file_that_can_not_be_used_is_named(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "connection.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConnectionFileError, match=says) as caught:
        load_connection(path)
    assert str(path) in str(caught.value)


def test_a_connection_file_is_read_as_written(tmp_path: Path, rig: Rig) -> None:
    path = tmp_path / "connection.json"
    path.write_bytes(rig.connection.to_json())
    assert load_connection(path) == rig.connection


# TLS


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, as a destination makes its own."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521",
         "-nodes", "-keyout", key, "-out", certificate, "-days", "30", "-subj", f"/CN={name}",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate, key


@pytest.fixture
def own(tmp_path: Path) -> tuple[Path, Path]:
    return make_certificate(tmp_path, "own")


@pytest.fixture
def secure(own: tuple[Path, Path]) -> Iterator[FakeDestination]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own)
    with running(context) as destination:
        yield destination


def secure_rig(tmp_path: Path, fake: FakeDestination, *trusted: Path) -> Rig:
    rig = Rig(tmp_path, fake.connection())
    pem = [path.read_text() for path in trusted]
    rig.connection = rig.make_connection(https_certificate=[base64_of(text) for text in pem])
    return rig


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.needs("openssl")
def test_a_pinned_self_signed_certificate_is_trusted(
    tmp_path: Path, secure: FakeDestination, own: tuple[Path, Path]
) -> None:
    rig = secure_rig(tmp_path, secure, own[0])
    rig.record_large()
    assert rig.push().ok
    rig.close()


@pytest.mark.needs("openssl")
def test_another_certificate_gets_nothing_not_even_the_key(
    tmp_path: Path, secure: FakeDestination
) -> None:
    rig = secure_rig(tmp_path, secure, make_certificate(tmp_path, "other")[0])
    rig.record()
    summary = rig.push()
    assert "not trusted" in summary.problems[0].text
    assert secure.log == []
    rig.close()


@pytest.mark.needs("openssl")
def test_without_a_pinned_certificate_a_self_signed_one_is_not_trusted(
    tmp_path: Path, secure: FakeDestination
) -> None:
    with pytest.raises(NotTrustedError):
        session(secure_rig(tmp_path, secure).connection).sign_in()
    assert secure.log == []


@pytest.mark.needs("openssl")
def test_an_address_without_tls_beside_a_certificate_is_refused(
    rig: Rig, fake: FakeDestination, own: tuple[Path, Path]
) -> None:
    certificate = base64_of(own[0].read_text())
    rig.connection = rig.make_connection(https_certificate=[certificate])
    rig.record()
    assert "without TLS" in rig.push().problems[0].text
    assert fake.log == []


@pytest.mark.needs("openssl")
def test_a_storage_address_without_tls_behind_one_with_it_is_refused(
    tmp_path: Path, secure: FakeDestination, own: tuple[Path, Path]
) -> None:
    secure.storage_url = secure.url.replace("https", "http") + STORAGE
    rig = secure_rig(tmp_path, secure, own[0])
    assert "without TLS" in rig.push().problems[0].text
    rig.close()


class SecureElsewhere:
    """Stands for `Http`: a server that the system trusts, whose storage is without TLS."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, method: str, url: str, *_rest: object) -> Answer:
        self.sent.append(f"{method} {url}")
        return Answer(200, {"X-Auth-Token": "t", "X-Storage-Url": "http://127.0.0.1:9/v1"}, b"")


def test_a_storage_address_without_tls_is_refused_without_pinned_certificates_too(rig: Rig) -> None:
    http = SecureElsewhere()
    address = "https://destination.invalid/auth/v1.0"
    connection = rig.make_connection(authentication_token_uri=[address])
    made = Session(cast(Http, http), connection, JumpingClock())
    with pytest.raises(ConnectionFileError, match="without TLS"):
        made.request("PUT", ("container",), {}, b"")
    assert http.sent == [f"GET {address}"]


@pytest.mark.parametrize("pem", ["-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n"])
def test_a_broken_certificate_is_the_connection_files_fault(rig: Rig, pem: str) -> None:
    rig.connection = rig.make_connection(
        https_certificate=[base64_of(pem)], authentication_token_uri=["https://127.0.0.1:9/a"]
    )
    assert "certificate of the connection file" in rig.push().problems[0].text
