"""A clip on its way: read once, hashed while it is sent, and never sent whole when it is wrong.

Who uses it: `delivery`, as the body of a PUT, and `resumable`, part by part.
"""

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bwv_device.dock.errors import DamagedClipError, DockError, LostClipError, UnsteadyCardError
from bwv_device.dock.proof import Expected
from bwv_device.evidence.digests import digest_file

BLOCK_BYTES = 128 * 1024
"""Larger blocks were no faster on loopback, and smaller ones notice the order to stop no sooner."""


class ClipBody:
    """The bytes of a file, which must be the `expected` ones.

    The last block is held back until the digest of all of them is known. Where it is not the
    expected one, `DamagedClipError` breaks the request off, and the destination never has the
    whole object under a name that says it is good. That holds for parts too: the bytes before a
    part are hashed as well, from the end of the last part where that is of use.
    """

    def __init__(self, path: Path, expected: Expected, on_sent: Callable[[int], None]) -> None:
        """`on_sent` is told the bytes of the clip sent so far, after every block."""
        self._path = path
        self._expected = expected
        self._on_sent = on_sent
        self._hashed = _Hashed()

    @property
    def size_bytes(self) -> int:
        return self._expected.size_bytes

    @property
    def sha256(self) -> str:
        """Of all of them, in hex."""
        return self._expected.sha256

    def __iter__(self) -> Iterator[bytes]:
        """Raises `DamagedClipError`, and `LostClipError` or `UnsteadyCardError` for a bad card."""
        return self.blocks(0, self.size_bytes)

    def part(self, start: int, end: int) -> "ClipPart":
        """The bytes from `start` to before `end`, as a body of its own."""
        return ClipPart(self, start, end)

    def blocks(self, start: int, end: int) -> Iterator[bytes]:
        """As `__iter__`, for the bytes from `start` to before `end`."""
        # MD5 was taken while recording and is not taken again: it costs more than SHA-256.
        with _card_errors(self._path), self._path.open("rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size != self.size_bytes:
                raise self._damaged()
            done = self._hashed if self._hashed.bytes <= start else _Hashed()
            file.seek(done.bytes)
            for _ in self._read(file, done, start):
                continue
            self._hashed = done.copy()
            held = b""
            for block in self._read(file, done, end):
                if held:
                    yield held
                    self._on_sent(done.bytes - len(block))
                held = block
            if end == self.size_bytes:
                self._check(file, done)
            self._hashed = done
        yield held
        self._on_sent(end)

    def _read(self, file: io.FileIO, done: "_Hashed", end: int) -> Iterator[bytes]:
        while done.bytes < end:
            block = file.read(min(BLOCK_BYTES, end - done.bytes))
            if not block:
                raise self._damaged()
            done.update(block)
            yield block

    def _check(self, file: io.FileIO, done: "_Hashed") -> None:
        """At the end: nothing behind it, and the digest is the expected one."""
        if file.read(1) or done.sha256.hexdigest() != self._expected.sha256:
            raise self._damaged()

    def _damaged(self) -> DockError:
        """The error for bytes that were not the recorded ones; what the file has is read anew."""
        self._hashed = _Hashed()
        with _card_errors(self._path):
            found = digest_file(self._path)
        if found.sha256 == self._expected.sha256:
            return UnsteadyCardError(
                f"{self._path.name} was read wrongly and then rightly: the card is about to fail"
            )
        return DamagedClipError(
            f"{self._path.name} has {found.bytes} bytes with the SHA-256 {found.sha256}; recorded "
            f"were {self._expected.size_bytes} with {self._expected.sha256}",
            found,
        )


@dataclass(frozen=True, slots=True)
class ClipPart:
    """Some of a clip's bytes, as a body."""

    clip: ClipBody
    start: int
    end: int
    """Behind the last byte."""

    @property
    def size_bytes(self) -> int:
        return self.end - self.start

    def __iter__(self) -> Iterator[bytes]:
        return self.clip.blocks(self.start, self.end)


class _Hashed:
    """How far a clip was hashed, and what came out."""

    def __init__(self) -> None:
        self.bytes = 0
        self.sha256 = hashlib.sha256()

    def update(self, block: bytes) -> None:
        self.sha256.update(block)
        self.bytes += len(block)

    def copy(self) -> "_Hashed":
        other = _Hashed()
        other.bytes, other.sha256 = self.bytes, self.sha256.copy()
        return other


@contextmanager
def _card_errors(path: Path) -> Iterator[None]:
    """An `OSError` of the card must not look like one of the network."""
    try:
        yield
    except OSError as error:
        raise LostClipError(f"{path.name} can't be read: {error.strerror or error}") from error
