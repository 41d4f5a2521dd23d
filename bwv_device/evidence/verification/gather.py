"""Finds clips below a path, and what lies beside each: in a store, at a server, in a court pack.

Who uses it: `bwv verify`, `bwv export`. It reads and changes nothing. A sidecar is found by the
name of its clip, as everybody who writes one names it.
"""

import mmap
from dataclasses import dataclass
from pathlib import Path

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.verification.evidence import Evidence, Trust
from bwv_device.evidence.verification.opening import clear_body
from bwv_device.evidence.verification.papers import PaperFinder
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import parse_recording_container

CLIP_ENDINGS = (".mp4", ".mkv")
COPIES_FOLDER = "content-credentials"
"""In a court pack: copies for tools of others. What is verified is the clip that they are of."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a clip lies."""

    path: Path

    @property
    def container(self) -> str | None:
        """The recording's container, where the folder has the name of one."""
        name = self.path.absolute().parent.name
        try:
            parse_recording_container(name)
        except ProtocolError:
            return None
        return name


def find_clips(target: Path) -> list[Place]:
    """The clip at `target`, or all clips below it, in the order of their names. Raises
    `StoreError` when there is none."""
    if target.is_file():
        return [Place(target)]
    if not target.exists():
        raise StoreError(f"there is no {target}")
    found = [
        Place(path)
        for path in sorted(target.rglob("*"))
        if path.suffix in CLIP_ENDINGS
        and path.is_file()
        and COPIES_FOLDER not in path.relative_to(target).parts
    ]
    if not found:
        raise StoreError(f"there is no clip below {target}: they end in {', '.join(CLIP_ENDINGS)}")
    return found


class Gatherer:
    """Gathers the evidence of clips for one verifier."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._papers = PaperFinder(trust)

    def gather(self, place: Place) -> Evidence:
        """One clip with all that lies beside it; the clip is mapped, not read into memory.

        Raises `StoreError` for what the disk does.
        """
        try:
            return Evidence(
                name=place.path.name,
                container=place.container,
                body=clear_body(_mapped(place.path)),
                papers=self._papers.papers(place.path, place.container),
                trust=self._trust,
            )
        except OSError as error:
            raise StoreError(f"{place.path} can't be read: {error.strerror or error}") from error


def _mapped(path: Path) -> memoryview:
    """The file's bytes; they stay mapped for as long as somebody holds them."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
