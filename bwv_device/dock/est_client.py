"""The three calls of EST (RFC 7030), as the camera makes them.

Who uses it: `enrolment` and `renewal`. One `Http`, which trusts the destination's certificates and
shows the camera's where it has one.
"""

import logging
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from cryptography import x509

from bwv_device.dock.errors import (
    AnswerError,
    ConnectionFileError,
    EnrolmentError,
    FailedError,
)
from bwv_device.dock.http import Answer, Http, words_of
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.requests import parse_certificates_body
from bwv_device.protocol import est
from bwv_device.protocol.connection import ConnectionFile
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.est import Label
from bwv_device.protocol.statuses import Action, action_for

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Authorities:
    """What the destination says of its authority."""

    certificates: tuple[x509.Certificate, ...]
    server_utc_ns: int | None
    """The server's time, which is the one that judges; None when it does not say."""


class EstClient:
    """One destination's authority. Every method raises `DockError`."""

    def __init__(self, http: Http, connection: ConnectionFile) -> None:
        """Raises `ConnectionFileError` unless the destination is one with TLS of its own."""
        self._http = http
        self._base = _base(connection)

    def authorities(self) -> Authorities:
        """The authority's certificates, and what time it is there."""
        answer = self._http.send("GET", self._base + est.path(est.CA_CERTIFICATES), {})
        found = _certificates("the authority's certificates", answer)
        return Authorities(tuple(found), _utc_ns(answer.headers.get("Date")))

    def enrol(self, request: bytes, serial: str, code: str) -> list[x509.Certificate]:
        """The first certificate, for a code; `request` is PKCS#10 in DER."""
        proof = {"Authorization": est.basic(serial, code)}
        return self._ask(est.path(est.ENROL), request, proof)

    def further(self, request: bytes, label: Label, *, renewal: bool) -> list[x509.Certificate]:
        """A certificate for the one that the connection shows."""
        return self._ask(est.path(est.RENEW if renewal else est.ENROL, label), request, {})

    def _ask(self, path: str, request: bytes, proof: dict[str, str]) -> list[x509.Certificate]:
        headers = {
            "Content-Type": est.REQUEST_TYPE,
            est.TRANSFER_ENCODING: "base64",
            **proof,
        }
        answer = self._http.send("POST", self._base + path, headers, est.body(request))
        return _certificates("a certificate", answer)


def _certificates(what: str, answer: Answer) -> list[x509.Certificate]:
    action = action_for(answer.status)
    if action is Action.RETRY:
        text = f"no answer to the asking for {what}: status {answer.status}; it is tried again"
        raise FailedError(text, answer.status)
    if action is not Action.DONE:
        raise EnrolmentError(
            f"the destination refused {what}: status {answer.status} ({words_of(answer)})"
        )
    try:
        return parse_certificates_body(est.parse_body(answer.body))
    except (IdentityError, ProtocolError) as error:
        raise AnswerError(f"the destination's answer to the asking for {what}: {error}") from error


def _base(connection: ConnectionFile) -> str:
    for uri in connection.authentication_token_uri:
        parts = urlsplit(uri)
        if parts.scheme == "https" and connection.https_certificate:
            return f"https://{parts.netloc}"
    raise ConnectionFileError(
        f"{connection.site_name} has no address with TLS, or no certificate to trust it by: a "
        "camera enrols over TLS only; ask the destination's operator for its connection file"
    )


def _utc_ns(date: str | None) -> int | None:
    try:
        return round(parsedate_to_datetime(date or "").timestamp()) * 1_000_000_000
    except (ValueError, OverflowError):
        log.warning("the destination does not say what time it has: %.60r", date)
        return None
