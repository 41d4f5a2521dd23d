"""The names of EST (RFC 7030), enrolment over secure transport, and how its bodies are written.

Who uses it: the dock client asks, the destination's authority answers. There are three calls:
`cacerts`, `simpleenroll`, `simplereenroll`. A label in the path says which certificate is meant.
"""

import base64
import binascii
from enum import StrEnum

from bwv_device.protocol.errors import ProtocolError

PATH = "/.well-known/est"
CA_CERTIFICATES, ENROL, RENEW = "cacerts", "simpleenroll", "simplereenroll"

REQUEST_TYPE = "application/pkcs10"
ANSWER_TYPE = "application/pkcs7-mime"
"""Of `cacerts` too; the answers to the others say `smime-type=certs-only` behind it."""
CERTIFICATES_ONLY = f"{ANSWER_TYPE}; smime-type=certs-only"
TRANSFER_ENCODING = "Content-Transfer-Encoding"
BODY_MAX_BYTES = 64_000


class Label(StrEnum):
    """Which of a device's certificates is asked for."""

    TRANSPORT = ""
    """The one that opens connections: EST's own, without a label."""
    SIGNING = "signing"
    """The one that signs evidence."""


def path(call: str, label: Label = Label.TRANSPORT) -> str:
    """`/.well-known/est/simpleenroll`, or with a label before the call."""
    return "/".join(part for part in (PATH, label.value, call) if part)


def body(der: bytes) -> bytes:
    """DER as EST carries it: base64, in lines."""
    return base64.encodebytes(der)


def parse_body(text: bytes) -> bytes:
    """The DER in a body; raises `ProtocolError`."""
    if len(text) > BODY_MAX_BYTES:
        raise ProtocolError(f"{len(text)} bytes are too many, at most {BODY_MAX_BYTES} are allowed")
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProtocolError("the body is not base64") from error


def basic(user: str, password: str) -> str:
    """The value of `Authorization` for HTTP Basic (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def parse_basic(value: str) -> tuple[str, str]:
    """User and password of such a value; raises `ProtocolError`."""
    scheme, _, text = value.partition(" ")
    try:
        plain = base64.b64decode(text.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise ProtocolError("the Authorization header is not HTTP Basic") from error
    user, colon, password = plain.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise ProtocolError("the Authorization header is not HTTP Basic")
    return user, password
