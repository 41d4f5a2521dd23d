"""Finds clips below a path, and what lies beside each: in a store, at a server, in a court pack.

Who uses it: `bwv verify`, `bwv export`. It reads and changes nothing. A sidecar is found by the
name of its clip, as everybody who writes one names it.
"""

import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.sidecars import key_file
from bwv_device.evidence.verification.evidence import Body, Evidence, Trust
from bwv_device.evidence.verification.opening import clear_body, sealed_body
from bwv_device.evidence.verification.papers import PaperFinder
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import parse_recording_container

# Type of the first box of an MP4 file; a ciphertext begins so once in 2^32.
_KIND, _BEGINS_A_CLIP = slice(4, 8), b"ftyp"
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


def find_clips(targets: Iterable[Path]) -> list[Place]:
    """The clips at and below `targets`, each folder's in the order of their names; none where
    there is none. Raises `StoreError` for a target that is not there."""
    return [place for target in targets for place in _find(target)]


def no_clips(targets: Sequence[Path]) -> StoreError:
    """What to tell of targets without a clip."""
    where, endings = ", ".join(map(str, targets)), ", ".join(CLIP_ENDINGS)
    return StoreError(f"there is no clip below {where}: they end in {endings}")


def _find(target: Path) -> list[Place]:
    if target.is_file():
        return [Place(target)]
    if not target.exists():
        raise StoreError(f"there is no {target}")
    return [
        Place(path)
        for path in sorted(target.rglob("*"))
        if path.suffix in CLIP_ENDINGS
        and path.is_file()
        and COPIES_FOLDER not in path.relative_to(target).parts
    ]


class Gatherer:
    """Gathers the evidence of clips for one verifier."""

    def __init__(self, trust: Trust, private_key: RSAPrivateKey | None = None) -> None:
        """`private_key` opens sealed clips; without it they are looked at from outside."""
        self._trust = trust
        self._private_key = private_key
        self._papers = PaperFinder(trust)

    def gather(self, place: Place) -> Evidence:
        """One clip with all that lies beside it; the clip is mapped, not read into memory.

        Raises `StoreError` for what the disk does.
        """
        try:
            return Evidence(
                name=place.path.name,
                container=place.container,
                body=self._body(place.path),
                papers=self._papers.papers(place.path, place.container),
                trust=self._trust,
            )
        except OSError as error:
            raise StoreError(f"{place.path} can't be read: {error.strerror or error}") from error

    def _body(self, clip: Path) -> Body:
        stored = _mapped(clip)
        key_text = _key_text(clip, stored)
        if key_text is None:
            return clear_body(stored)
        return sealed_body(clip, stored, key_text, self._private_key)


def _key_text(clip: Path, stored: memoryview) -> bytes | None:
    """The key file of a sealed clip; None for one in the clear, which may lie beside its key file
    once somebody has opened it."""
    if bytes(stored[_KIND]) == _BEGINS_A_CLIP:
        return None
    try:
        return key_file(clip).read_bytes()
    except FileNotFoundError:
        return None


def _mapped(path: Path) -> memoryview:
    """The file's bytes; they stay mapped for as long as somebody holds them."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
