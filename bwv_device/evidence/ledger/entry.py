"""One entry: a line of JSON that ends in its place in the hash chain.

Who uses it: the writer makes lines, every reader takes them apart. The hash covers the very bytes
of the line, so nothing is ever brought into a canonical form.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bwv_device.evidence.ledger.errors import NoEntryError

HASH_BYTES = 32
BEFORE_ALL = bytes(HASH_BYTES)
"""The hash before entry 1."""

LINE_MAX_BYTES = 64 * 1024
"""Longer is no entry: nobody has so much to say, and a reader need not hold it."""

_JOINT = b',"hash":"'
_TAIL_BYTES = len(_JOINT) + 2 * HASH_BYTES + len(b'"}')


@dataclass(frozen=True, slots=True)
class Stamp:
    """An instant on both clocks, in nanoseconds."""

    utc_ns: int
    utc_error_ns: int | None
    """UTC was this far off at most; None where nobody knew."""
    mono_ns: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was read."""

    number: int
    kind: str
    run: str
    stamp: Stamp
    data: dict[str, Any]
    hash: str
    """Hex, as the line states it."""


def make_line(
    number: int, kind: str, run: str, stamp: Stamp, data: Mapping[str, Any], before: bytes
) -> tuple[bytes, bytes]:
    """The line, with its line feed, and its hash."""
    fields = {
        "n": number,
        "kind": kind,
        "run": run,
        "utc_ns": stamp.utc_ns,
        "utc_error_ns": stamp.utc_error_ns,
        "mono_ns": stamp.mono_ns,
        "data": data,
    }
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    body = text.encode("ascii")[:-1]
    chained = next_hash(before, hashlib.sha256(body).digest())
    return body + _JOINT + chained.hex().encode() + b'"}\n', chained


def next_hash(before: bytes, digest: bytes) -> bytes:
    """The hash of the entry with `digest` that stands behind the one with the hash `before`."""
    return hashlib.sha256(before + digest).digest()


def digest_of(line: bytes) -> bytes:
    """SHA-256 of what a line's hash covers; the line as it stands, with or without its feed."""
    return hashlib.sha256(line.rstrip(b"\n")[:-_TAIL_BYTES]).digest()


def fits(line: bytes, entry: Entry, before: bytes) -> bool:
    """Whether the line's own hash follows from the hash `before` it."""
    return next_hash(before, digest_of(line)).hex() == entry.hash


def parse_line(line: bytes) -> Entry:
    """Take a line apart. Raises `NoEntryError`; whether the hash is right is not looked at."""
    if len(line) > LINE_MAX_BYTES:
        raise NoEntryError(f"a line of {len(line)} bytes is no entry")
    if not line.endswith(b'"}\n') or line[-_TAIL_BYTES - 1 :][: len(_JOINT)] != _JOINT:
        raise NoEntryError("it does not end in a hash and a line feed")
    try:
        fields = json.loads(line.decode("ascii"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise NoEntryError(f"it is not JSON: {error}") from error
    return _entry(fields)


def _entry(fields: Any) -> Entry:
    if not isinstance(fields, dict):
        raise NoEntryError("it is not a JSON object")
    error_ns, data = fields.get("utc_error_ns"), fields.get("data")
    numbers = [fields.get(name) for name in ("n", "utc_ns", "mono_ns")]
    words = [fields.get(name) for name in ("kind", "run", "hash")]
    if not (all(map(_is_whole, numbers)) and (error_ns is None or _is_whole(error_ns))):
        raise NoEntryError("a number or a time in it is missing or no whole number")
    if not (all(isinstance(word, str) for word in words) and isinstance(data, dict)):
        raise NoEntryError("its kind, run, data or hash is missing or of the wrong type")
    if not is_hash(fields["hash"]):
        raise NoEntryError("its hash is not 64 hex digits")
    stamp = Stamp(fields["utc_ns"], error_ns, fields["mono_ns"])
    return Entry(fields["n"], fields["kind"], fields["run"], stamp, data, fields["hash"])


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


def is_hash(text: str) -> bool:
    """Whether `text` is a hash as lines state it: 64 lower-case hex digits."""
    return len(text) == 2 * HASH_BYTES and set(text) <= set("0123456789abcdef")


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
