"""A camera's disk against a server's: what is lost, doubled, or acknowledged and not there.

Used by the long tests that kill what pushes and that cut the server's power. Nobody is asked: the
journal, the catalogue and the files are read as they lie there.
"""

import hashlib
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bwv_device.evidence.journal import Journal
from bwv_device.evidence.receipt.signed import read_receipt
from bwv_device.evidence.records import Clip, ClipState

_HANDED_OVER = frozenset({ClipState.ACKNOWLEDGED, ClipState.PURGED})


@dataclass
class Findings:
    """In words; all are empty when all is well."""

    lost: list[str] = field(default_factory=list)
    """Clips that are whole neither on the camera nor on the server."""
    doubled: list[str] = field(default_factory=list)
    """Clips that the server has twice."""
    made_up: list[str] = field(default_factory=list)
    """Clips that the camera counts as handed over, and the server's disk does not give."""
    receipts: list[str] = field(default_factory=list)
    """Objects of receipts that the server's disk does not give."""
    unreceipted: list[str] = field(default_factory=list)
    """Clips that the camera freed without a receipt."""

    def add(self, other: "Findings") -> None:
        """Count those in as well."""
        for name, found in vars(other).items():
            getattr(self, name).extend(found)


class Files:
    """Reads files; those that have not changed since are not read again."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int, int, int], str] = {}

    def has(self, path: Path, sha256: str | None) -> bool:
        """Whether the file is there with that content."""
        return sha256 is not None and self.digest(path) == sha256

    def digest(self, path: Path) -> str | None:
        """SHA-256 of a file; None when it is not there, or goes while it is read."""
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                key = (str(path), status.st_ino, status.st_size, status.st_mtime_ns)
                if key not in self._seen:
                    self._seen[key] = hashlib.file_digest(file, "sha256").hexdigest()
                return self._seen[key]
        except FileNotFoundError:
            return None

    def forget(self) -> None:
        """Read everything anew the next time."""
        self._seen.clear()


def receipts_in(server: Path) -> list[tuple[str, str]]:
    """(container, text) of each receipt that a server has given."""
    address = f"file:{server / 'catalogue.sqlite'}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=20)) as catalogue:
        return catalogue.execute("SELECT container, text FROM receipt").fetchall()


def not_given(server: Path, receipts: Iterable[tuple[str, str]], files: Files) -> Iterator[str]:
    """Objects of receipts that the server's disk does not give."""
    for container, text in receipts:
        for one in read_receipt(text.encode("ascii")).receipt.objects:
            if not files.has(server / "content" / container / one.name, one.sha256):
                yield f"{container}/{one.name}"


class Disks:
    """The two."""

    def __init__(self, camera: Path, server: Path) -> None:
        self._camera = camera
        self._server = server
        self._files = Files()

    def compare(self) -> Findings:
        """What is wrong now. The camera is read before the server: what it says by then has to be
        true on the server's disk from then on, so that both may go on meanwhile."""
        clips = self._clips()
        here = {clip.id for clip in clips if self._files.has(self._camera / clip.file, clip.sha256)}
        receipts = receipts_in(self._server)
        told = Findings()
        for clip in clips:
            there = self._files.has(self._on_server(clip), clip.sha256)
            if not there and clip.id not in here:
                told.lost.append(f"{clip.file}, {clip.state}")
            if not there and clip.state in _HANDED_OVER:
                told.made_up.append(f"{clip.file}, {clip.state}")
            if clip.state is ClipState.PURGED and clip.receipt_id is None:
                told.unreceipted.append(clip.file)
        told.receipts += not_given(self._server, receipts, self._files)
        told.doubled += self._twice(clips)
        return told

    def forget(self) -> None:
        """Read everything anew the next time."""
        self._files.forget()

    def held(self) -> int:
        """Clips of the camera that the server has."""
        return sum(self._files.has(self._on_server(clip), clip.sha256) for clip in self._clips())

    def receipt_count(self) -> int:
        """Receipts that the server has given."""
        return len(receipts_in(self._server))

    def _clips(self) -> list[Clip]:
        journal = Journal.open_for_reading(self._camera)
        try:
            return journal.clips()
        finally:
            journal.close()

    def _on_server(self, clip: Clip) -> Path:
        file = Path(clip.file)
        return self._server / "content" / str(clip.destination or file.parent.name) / file.name

    def _twice(self, clips: list[Clip]) -> Iterator[str]:
        wanted = {clip.sha256 for clip in clips}
        files = [path for path in (self._server / "content").glob("*/*") if path.is_file()]
        counts = Counter(digest for path in files if (digest := self._files.digest(path)) in wanted)
        yield from (f"{count} times {digest}" for digest, count in counts.items() if count > 1)
