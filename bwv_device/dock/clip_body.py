"""A clip on its way: read once, hashed while it is sent, and never sent whole when it is wrong.

Who uses it: `delivery`, as the body of a PUT.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    whole object under a name that says it is good.
    """

    def __init__(self, path: Path, expected: Expected, on_sent: Callable[[int], None]) -> None:
        """`on_sent` is told the bytes sent so far, after every block."""
        self._path = path
        self._expected = expected
        self._on_sent = on_sent

    @property
    def size_bytes(self) -> int:
        return self._expected.size_bytes

    def __iter__(self) -> Iterator[bytes]:
        """Raises `DamagedClipError`, and `LostClipError` or `UnsteadyCardError` for a bad card."""
        with _card_errors(self._path):
            if self._path.stat().st_size != self._expected.size_bytes:
                raise self._damaged()
        # MD5 was taken while recording and is not taken again: it costs more than SHA-256.
        sha256 = hashlib.sha256()
        held, sent_bytes = b"", 0
        for block in self._blocks():
            sha256.update(block)
            if sent_bytes + len(held) + len(block) > self._expected.size_bytes:
                break  # It grows while it is read.
            if held:
                yield held
                sent_bytes += len(held)
                self._on_sent(sent_bytes)
            held = block
        if sha256.hexdigest() != self._expected.sha256:
            raise self._damaged()
        yield held
        self._on_sent(sent_bytes + len(held))

    def _blocks(self) -> Iterator[bytes]:
        with _card_errors(self._path), self._path.open("rb", buffering=0) as file:
            while block := file.read(BLOCK_BYTES):
                yield block

    def _damaged(self) -> DockError:
        """The error for bytes that were not the recorded ones; what the file has is read anew."""
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


@contextmanager
def _card_errors(path: Path) -> Iterator[None]:
    """An `OSError` of the card must not look like one of the network."""
    try:
        yield
    except OSError as error:
        raise LostClipError(f"{path.name} can't be read: {error.strerror or error}") from error
