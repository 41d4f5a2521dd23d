"""Servers that say by an alert of TLS what they have against the camera's certificate."""

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import trustme

from bwv_device.dock.errors import CertificateRefusedError, NetworkError
from bwv_device.dock.http import Http
from bwv_device.dock.stop import Stop
from dock_server.authority.authority import Authority
from dock_server.tls import ServerTls
from tests.destination.secure import SecureDock

SERIAL = "BWV-0001"


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[SecureDock]:
    server = SecureDock(tmp_path / "dock")
    yield server
    server.close()


@contextmanager
def strict_server(authority: Authority) -> Iterator[str]:
    """Wants a certificate, and lets OpenSSL say what it thinks of it; answers one connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.files.server)
    context.load_verify_locations(authority.files.certificate)
    context.verify_mode = ssl.CERT_REQUIRED

    def serve() -> None:
        connection, _ = listener.accept()
        with context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        ) as secure:
            try:
                secure.do_handshake()
            except ssl.SSLError:
                # The alert is on its way. What the client has sent is read, or closing would reset
                # the connection before the alert was seen.
                os.read(secure.fileno(), 65_536)
                return
            secure.recv(65_536)
            secure.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/auth/v1.0"
        thread.join(20)


def ask(dock: SecureDock, credential: Path | None) -> int:
    with (
        strict_server(dock.authority) as uri,
        closing(Http([dock.root_pem], Stop(), credential)) as http,
    ):
        return http.send("GET", uri, {}).status


def test_a_good_certificate_is_taken(dock: SecureDock) -> None:
    assert ask(dock, dock.credential(SERIAL)) == 204


@pytest.mark.parametrize(("days_ago", "said"), [(61, "it has run out"), (None, "there is none")])
def test_what_the_server_says_is_told_with_the_cure(
    dock: SecureDock, days_ago: int | None, said: str
) -> None:
    credential = None if days_ago is None else dock.credential(SERIAL, days_ago=days_ago)
    with pytest.raises(CertificateRefusedError, match=said) as raised:
        ask(dock, credential)
    assert "bwv dock enrol" in str(raised.value)


def test_a_foreign_certificate_is_told_as_another_authoritys(
    dock: SecureDock, tmp_path: Path
) -> None:
    file = tmp_path / "foreign.pem"
    made = trustme.CA().issue_cert("camera.example.org")
    made.private_key_and_cert_chain_pem.write_to_path(str(file))
    with pytest.raises(CertificateRefusedError, match="another authority's"):
        ask(dock, file)


def test_with_a_certificate_of_its_own_the_camera_speaks_tls_1_3_only(dock: SecureDock) -> None:
    tls = ServerTls(dock.authority, "Old", ["127.0.0.1"])
    tls.context.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.context.maximum_version = ssl.TLSVersion.TLSv1_2
    seen: list[str] = []

    def serve() -> None:
        connection, _ = listener.accept()
        try:
            tls.context.wrap_socket(connection, server_side=True).close()
        except ssl.SSLError as error:
            seen.append(str(error.reason))
        finally:
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        with closing(Http([dock.root_pem], Stop(), dock.credential(SERIAL))) as http:
            uri = f"https://127.0.0.1:{listener.getsockname()[1]}/"
            with pytest.raises(NetworkError, match=r"(?i)version|protocol"):
                http.send("GET", uri, {})
        thread.join(20)
    assert seen and not any("CERTIFICATE" in reason for reason in seen)
