"""One HTTP request and its answer; every error of the wire is wrapped here and nowhere else.

Who uses it: `session`, from one thread at a time. On urllib3, see docs/design/dock-client.md.
"""

import logging
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import urllib3
from urllib3.exceptions import HTTPError, SSLError

from bwv_device.dock.breakable import BreakableSockets
from bwv_device.dock.errors import (
    AnswerError,
    CertificateRefusedError,
    ConnectionFileError,
    DockError,
    NetworkError,
    NotTrustedError,
)
from bwv_device.dock.stop import Stop

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 10.0
IDLE_TIMEOUT_S = 120.0
"""For a block of a body to be taken, and for the next byte of an answer: a server syncs some
gigabytes to its disk before it speaks."""
_WORDS_MOST = 160
_CERTIFICATE_ALERTS = {
    "SSLV3_ALERT_BAD_CERTIFICATE": "it is damaged, or not for connections",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it is not for connections",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it has run out",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it was revoked",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it can't be checked",
    "TLSV1_ALERT_UNKNOWN_CA": "it is another authority's",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "there is none",
}
"""OpenSSL's names of the alerts that say no to a client's certificate."""
ANSWER_MAX_BYTES = 256_000
"""The largest document that the protocol has is the list of categories."""


class Body(Protocol):
    """A body that is sent block by block; iterating again starts it afresh."""

    @property
    def size_bytes(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `headers` compare without case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http:
    """Pooled connections to a destination; close it at the end."""

    def __init__(
        self, certificates_pem: Sequence[str], stop: Stop, credential: Path | None = None
    ) -> None:
        """Trust these certificates only; without any, those that the system trusts. `credential`
        is a PEM file with the key and the certificate that are shown to who asks for one.

        Raises `ConnectionFileError` when a certificate can't be read.
        """
        self._stop = stop
        self._sockets = BreakableSockets(IDLE_TIMEOUT_S)
        self._manager = urllib3.PoolManager(
            num_pools=4,
            maxsize=1,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=IDLE_TIMEOUT_S),
            ssl_context=tls_context(certificates_pem, credential),
        )
        self._manager.pool_classes_by_scheme = self._sockets.pool_classes()
        stop.on_set(self._sockets.break_off)

    def close(self) -> None:
        self._manager.clear()

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Body | None = None
    ) -> Answer:
        """Send a request and read its answer, whatever the status. Redirects are not followed.

        Raises `UndockedError` once stopped, `NetworkError`, `NotTrustedError`, `AnswerError`,
        and what iterating over `body` raises.
        """
        self._stop.check()
        what = f"{method} {url}"
        try:
            return self._exchange(method, url, _on_the_wire(headers, body), body)
        except HTTPError as error:
            self._stop.check()
            raise _wrapped(what, error) from error

    def _exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes | Body | None
    ) -> Answer:
        response = self._manager.request(
            method, url, headers=headers, body=body, redirect=False, preload_content=False
        )
        content = bytearray()
        # Up to the read that gives nothing: only that one notices a body that was cut off.
        while block := response.read(ANSWER_MAX_BYTES, decode_content=False):
            content += block
            if len(content) <= ANSWER_MAX_BYTES:
                continue
            response.close()
            raise AnswerError(f"{method} {url}: an answer of more than {ANSWER_MAX_BYTES} bytes")
        response.release_conn()
        return Answer(response.status, response.headers, bytes(content))


def words_of(answer: Answer) -> str:
    """The server's own words, if they are a short plain text."""
    if not answer.headers.get("Content-Type", "").startswith("text/plain"):
        return ""
    words = " ".join(answer.body.decode("utf-8", "replace").split())
    return "".join(letter for letter in words if letter.isprintable())[:_WORDS_MOST]


def tls_context(
    certificates_pem: Sequence[str], credential: Path | None = None
) -> ssl.SSLContext | None:
    """How to check a server: by `certificates_pem` alone; None, the system's way, without any.

    A certificate may stand for itself (self-signed) or for those that it signed. Where the camera
    shows a certificate of its own, it speaks TLS 1.3 and nothing older. Raises
    `ConnectionFileError` when a certificate can't be read.
    """
    if not certificates_pem:
        # urllib3 makes one when it meets an https address: reading all of the system's
        # certificates takes 0.1 s, which a plain address need not wait for.
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata="\n".join(certificates_pem))
    except (ssl.SSLError, ValueError) as error:
        raise ConnectionFileError(
            f"a certificate of the connection file can't be read ({error}): "
            "ask the destination's operator for a new file"
        ) from error
    if credential is not None:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        _show(context, credential)
    return context


def _show(context: ssl.SSLContext, credential: Path) -> None:
    try:
        context.load_cert_chain(credential)
    except (ssl.SSLError, OSError) as error:
        raise ConnectionFileError(
            f"the camera's certificate in {credential} can't be used ({error}): enrol it again"
        ) from error


def _on_the_wire(headers: Mapping[str, str], body: bytes | Body | None) -> dict[str, str]:
    """Headers as UTF-8 (the library writes Latin-1), with the body's length."""
    wire = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    if isinstance(body, bytes):
        wire["Content-Length"] = str(len(body))
    elif body is not None:
        wire["Content-Length"] = str(body.size_bytes)
    return wire


def _wrapped(what: str, error: HTTPError) -> DockError:
    alert = _certificate_alert(error)
    if alert is not None:
        return CertificateRefusedError(
            f"{what}: the destination does not take this camera's certificate ({alert}): ask its "
            "operator for a code, then `bwv dock enrol`"
        )
    reason = error.args[0] if error.args else None
    if isinstance(error, SSLError) and isinstance(reason, ssl.SSLCertVerificationError):
        return NotTrustedError(
            f"{what}: the server's certificate is not trusted ({reason.verify_message}): "
            "get a new connection file, or check who answers at this address"
        )
    return NetworkError(f"{what}: {_short(error)}; it is tried again")


def _certificate_alert(error: BaseException | None) -> str | None:
    """What the other side had against our certificate, in the words of TLS; None if nothing.

    With TLS 1.3 it is heard at the first answer, so it may lie deep in what the library raises.
    """
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        inner = [one for one in error.args if isinstance(one, BaseException)]
        for one in (error, *inner):
            name = getattr(one, "reason", None) if isinstance(one, ssl.SSLError) else None
            if name in _CERTIFICATE_ALERTS:
                return _CERTIFICATE_ALERTS[name]
        error = inner[0] if inner else error.__cause__ or error.__context__
    return None


def _short(error: HTTPError) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:200] + "..."
