"""What counts as proof that the destination holds a clip's very bytes.

Who uses it: `delivery`. Proof is what the destination says that it computed itself: never a
status, a name, or the metadata that the device sent and the destination only repeats.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from bwv_device.dock.events import Proof
from bwv_device.protocol.digest import REPR_DIGEST, parse_etag, parse_repr_digest
from bwv_device.protocol.errors import ProtocolError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Expected:
    """The bytes that a destination should hold: digests in lower-case hex."""

    sha256: str
    md5: str
    size_bytes: int


class Verdict(Enum):
    """What an answer says about the bytes."""

    SHA256 = auto()
    """It stored the bytes that have this SHA-256."""
    MD5 = auto()
    """It stored bytes of this MD5, and their length is right."""
    SILENT = auto()
    """It says nothing that proves or disproves."""
    OTHER = auto()
    """It holds something else."""
    ABSENT = auto()
    """It holds nothing under this name."""

    @property
    def proof(self) -> Proof | None:
        return {Verdict.SHA256: Proof.SHA256, Verdict.MD5: Proof.MD5}.get(self)


def verdict(headers: Mapping[str, str], expected: Expected) -> Verdict:
    """What the headers of an answer to PUT say: only SHA-256 can prove, both can disprove."""
    sha256 = _stated(headers, REPR_DIGEST, parse_repr_digest)
    if sha256 is not None:
        return Verdict.SHA256 if sha256 == expected.sha256 else Verdict.OTHER
    md5 = _stated(headers, "Etag", parse_etag)
    return Verdict.SILENT if md5 in (None, expected.md5) else Verdict.OTHER


def verdict_on_look(headers: Mapping[str, str], expected: Expected) -> Verdict:
    """What the headers of an answer to HEAD say: here `Content-Length` is the object's.

    It is not asked for beside SHA-256, but where it is given it must be right.
    """
    size = headers.get("Content-Length")
    if size is not None and size.strip() != str(expected.size_bytes):
        return Verdict.OTHER
    found = verdict(headers, expected)
    md5 = _stated(headers, "Etag", parse_etag)
    return Verdict.MD5 if found is Verdict.SILENT and md5 and size is not None else found


def _stated(
    headers: Mapping[str, str], name: str, parse: Callable[[str], str | None]
) -> str | None:
    """The digest in a header; None when there is none of this kind, or it can't be read."""
    text = headers.get(name)
    if text is None:
        return None
    try:
        return parse(text)
    except ProtocolError as error:
        log.warning("the destination's %s proves nothing: %s", name, error)
        return None
