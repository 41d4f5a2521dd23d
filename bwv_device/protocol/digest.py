"""Digests as HTTP carries them: RFC 9530 `Repr-Digest` and the MD5 `ETag` of Swift.

Who uses it: the client compares the server's answer, the server states what it stored.
SHA-256 is the proof; MD5 stands only where the Swift API wants it.
"""

import base64
import binascii
import hashlib
import re

from bwv_device.protocol.errors import ProtocolError, shown

REPR_DIGEST = "Repr-Digest"
SHA256_BYTES = 32

_MEMBER = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*", re.ASCII)
_SHA256_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MD5_HEX = re.compile(r"[0-9a-f]{32}", re.ASCII)


def repr_digest(sha256_hex: str) -> str:
    """`sha-256=:BASE64:` for a SHA-256 in hex; raises `ProtocolError`."""
    raw = bytes.fromhex(check_sha256_hex(sha256_hex))
    return f"sha-256=:{base64.b64encode(raw).decode()}:"


def parse_repr_digest(header: str) -> str | None:
    """The SHA-256, in hex, of a `Repr-Digest`; None when it has only other algorithms.

    Raises `ProtocolError` when the header can't be read.
    """
    found = None
    for member in header.split(","):
        match = _MEMBER.fullmatch(member)
        if match is None:
            raise ProtocolError(f"{REPR_DIGEST} is not name=:BASE64:, ...: {shown(header)}")
        if match[1] == "sha-256":
            found = _decode(match[2])
    return found


def check_sha256_hex(text: str) -> str:
    """`text` in lower case if it is a SHA-256 in hex; raises `ProtocolError`."""
    if _SHA256_HEX.fullmatch(text.lower()) is None:
        raise ProtocolError(f"{shown(text)} is not a SHA-256 of 64 hex digits")
    return text.lower()


def md5_hex(body: bytes) -> str:
    """MD5 of a small body in hex, as the API wants it in `Etag`."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def parse_etag(header: str) -> str:
    """The MD5 in an `ETag`, quoted or not, in lower-case hex; raises `ProtocolError`."""
    text = header.strip().strip('"').lower()
    if _MD5_HEX.fullmatch(text) is None:
        raise ProtocolError(f"ETag {shown(header)} is not an MD5 of 32 hex digits")
    return text


def _decode(text: str) -> str:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ProtocolError(f"{REPR_DIGEST} is not base64: {shown(text)}") from error
    if len(raw) != SHA256_BYTES:
        raise ProtocolError(f"{REPR_DIGEST} has {len(raw)} bytes, a SHA-256 has {SHA256_BYTES}")
    return raw.hex()
