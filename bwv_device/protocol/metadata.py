"""Metadata as HTTP headers: `X-Object-Meta-<Key>` with percent-encoded UTF-8.

Who uses it: the client writes with `encode`, which holds the API's limits; the server reads
with `decode`, which accepts unknown keys and longer values of other people's cameras, up to
its own ceilings, because a refusal would send evidence to rejected content.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from urllib.parse import quote, unquote_to_bytes

from bwv_device.protocol.errors import ProtocolError, shown
from bwv_device.protocol.keys import canonical, limit_bytes

KEY_MAX_BYTES = 128
ENCODED_MAX_BYTES = 256
"""What a plain Swift store keeps of one value, counted after percent-encoding."""
ITEMS_MAX = 90
TOTAL_MAX_BYTES = 4096
"""Keys and encoded values together, as a plain Swift store counts them."""

DECODED_MAX_BYTES = 1024
"""The server's ceiling for one value."""
DECODED_TOTAL_MAX_BYTES = 16_384
"""The server's ceiling for all keys and values of one request."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*", re.ASCII)
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


class MetaPrefix(StrEnum):
    """What stands before the key, by what the metadata belongs to."""

    CONTAINER = "X-Container-Meta-"
    OBJECT = "X-Object-Meta-"


def check_text(value: str, what: str) -> str:
    """Return `value` if it has no control character, no line separator and no lone surrogate.

    Raises `ProtocolError`.
    """
    for character in value:
        if unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
            raise ProtocolError(
                f"{what} holds the character U+{ord(character):04X}: {shown(value)}"
            )
    return value


def check_value(key: str, value: str) -> str:
    """Return `value` if the API allows it for `key`; raises `ProtocolError` naming the limit."""
    name = canonical(key)
    check_text(value, f"metadata {name}")
    size = len(value.encode())
    if size > limit_bytes(key):
        raise ProtocolError(f"metadata {name} has {size} bytes, at most {limit_bytes(key)} allowed")
    if len(quote(value, safe="")) > ENCODED_MAX_BYTES:
        raise ProtocolError(
            f"metadata {name} has more than {ENCODED_MAX_BYTES} bytes once percent-encoded"
        )
    return value


def encode(prefix: MetaPrefix, values: Mapping[str, str]) -> dict[str, str]:
    """Headers for `values`; an empty value asks a container POST to delete its key.

    Raises `ProtocolError` when a key or value is not allowed, or there is too much of it.
    """
    headers: dict[str, str] = {}
    for key, value in values.items():
        _check_key(key)
        headers[prefix + key] = quote(check_value(key, value), safe="")
    total = sum(len(name) - len(prefix) + len(value) for name, value in headers.items())
    if len(headers) > ITEMS_MAX or total > TOTAL_MAX_BYTES:
        raise ProtocolError(
            f"{len(headers)} metadata items with {total} bytes, "
            f"at most {ITEMS_MAX} and {TOTAL_MAX_BYTES} allowed"
        )
    return headers


def to_headers(prefix: MetaPrefix, values: Mapping[str, str]) -> dict[str, str]:
    """Headers for metadata that is stored already, whoever wrote it and however long it is."""
    return {prefix + key: quote(value, safe="") for key, value in values.items()}


def decode(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Metadata among `headers`, by canonical key; other headers are left alone.

    Either prefix is read on either target, as the API's own example server does. Raises
    `ProtocolError` for a value that is not UTF-8, holds control characters, is over the
    server's ceilings, or is given twice with two values.
    """
    values: dict[str, str] = {}
    for name, raw in headers:
        key = _meta_key(name)
        if key is None:
            continue
        value = _decode_value(key, raw)
        if values.setdefault(key, value) != value:
            raise ProtocolError(f"metadata {key} is given twice with different values")
    return check_amount(values)


def check_amount(values: dict[str, str]) -> dict[str, str]:
    """Return `values` if the server keeps so much for one target; raises `ProtocolError`."""
    total = sum(len(key) + len(value.encode()) for key, value in values.items())
    if len(values) > ITEMS_MAX or total > DECODED_TOTAL_MAX_BYTES:
        raise ProtocolError(
            f"{len(values)} metadata items with {total} bytes, "
            f"at most {ITEMS_MAX} and {DECODED_TOTAL_MAX_BYTES} allowed"
        )
    return values


def _meta_key(header: str) -> str | None:
    lowered = header.lower()
    for prefix in MetaPrefix:
        if lowered.startswith(prefix.lower()):
            return canonical(_check_key(header[len(prefix) :]))
    return None


def _check_key(key: str) -> str:
    if _KEY.fullmatch(key) is None or len(key) > KEY_MAX_BYTES:
        raise ProtocolError(
            f"a metadata key has 1 to {KEY_MAX_BYTES} ASCII letters, digits or '-': {shown(key)}"
        )
    return key


def _decode_value(key: str, raw: str) -> str:
    try:
        value = unquote_to_bytes(raw.strip(" \t")).decode("utf-8")
    except UnicodeError as error:
        raise ProtocolError(f"metadata {key} is not percent-encoded UTF-8") from error
    if len(value.encode()) > DECODED_MAX_BYTES:
        raise ProtocolError(f"metadata {key} has more than {DECODED_MAX_BYTES} bytes")
    return check_text(value, f"metadata {key}")
