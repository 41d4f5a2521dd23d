"""The two digests of an object, taken in one reading.

SHA-256 is what the evidence rests on. MD5 is there because the only proof of receipt that a
plain Swift gives is an `Etag` of that kind; it is never trusted against an attacker.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Digests:
    """Hexadecimal digests of `bytes` bytes."""

    sha256: str
    md5: str
    bytes: int


class Digester:
    """Takes bytes as they come."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._bytes = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        self._sha256.update(data)
        self._md5.update(data)
        self._bytes += len(data)

    def copy(self) -> "Digester":
        """One that goes on from here by itself."""
        other = Digester()
        other._sha256, other._md5 = self._sha256.copy(), self._md5.copy()
        other._bytes = self._bytes
        return other

    def result(self, ending: bytes = b"") -> Digests:
        """The digests of all bytes so far and an `ending`, which is not taken in."""
        sha256, md5 = self._sha256.copy(), self._md5.copy()
        sha256.update(ending)
        md5.update(ending)
        return Digests(sha256.hexdigest(), md5.hexdigest(), self._bytes + len(ending))


def digest_file(path: Path, on_read: Callable[[int], None] | None = None) -> Digests:
    """Read `path` once; `on_read` is told the bytes of each step. Raises `OSError`."""
    digester = Digester()
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            digester.update(chunk)
            if on_read:
                on_read(len(chunk))
    return digester.result()
