"""Clips that something signed names, and that are not there.

Who uses it: `bwv verify` for a folder. A clip that was taken away leaves nothing to verify; what it
leaves is its manifest, the receipt of its recording, or its place in the camera's ledger. Whether
those are to be believed is not asked: a name that leads to nothing is worth a question either way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.ledger.check import check_segments
from bwv_device.evidence.ledger.entry import Entry
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.evidence.ledger.read import read_segments
from bwv_device.evidence.ledger.segment import FOLDER
from bwv_device.evidence.manifest.signed import read_manifest
from bwv_device.evidence.receipt.signed import read_receipt
from bwv_device.evidence.store import CLIPS_FOLDER
from bwv_device.evidence.verification.papers import read_paper, server_receipt
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import (
    MANIFEST_SUFFIX,
    RECEIPT_OBJECT,
    ObjectKind,
    object_kind,
    parse_recording_container,
)


@dataclass(frozen=True, slots=True)
class MissingClip:
    """A clip that is named and is not there."""

    path: Path
    """Where it should lie."""
    named_by: str
    """What names it, in words."""


def missing_clips(target: Path) -> list[MissingClip]:
    """Of a folder, in the order of their places, each once; nothing of a single file.

    Raises `StoreError` for what the disk does.
    """
    if not target.is_dir():
        return []
    found: dict[Path, MissingClip] = {}
    for missing in _named(target):
        if not missing.path.exists():
            found.setdefault(missing.path, missing)
    return [found[path] for path in sorted(found)]


def _named(target: Path) -> Iterator[MissingClip]:
    for path in sorted(target.rglob("*" + MANIFEST_SUFFIX)):
        yield from _by_manifest(path)
    for folder in _recordings(target):
        yield from _by_receipt(folder)
    yield from _by_ledger(target)


def _recordings(target: Path) -> Iterator[Path]:
    """Folders with the name of a recording, `target` itself among them."""
    for folder in (target.absolute(), *sorted(target.absolute().rglob("*_*_*"))):
        if _is_recording(folder.name) and folder.is_dir():
            yield folder


def _by_manifest(path: Path) -> Iterator[MissingClip]:
    text = read_paper(path)
    try:
        manifest = read_manifest(text or b"").manifest
    except SignedDocumentError:
        return
    if _is_clip(manifest.clip):
        yield MissingClip(path.absolute().with_name(manifest.clip), f"its manifest, {path.name}")


def _by_receipt(folder: Path) -> Iterator[MissingClip]:
    text = read_paper(folder / RECEIPT_OBJECT) or server_receipt(folder, folder.name)
    if text is None:
        return
    try:
        receipt = read_receipt(text).receipt
    except SignedDocumentError:
        return
    if receipt.container != folder.name:
        return
    for held in receipt.objects:
        if _is_clip(held.name):
            yield MissingClip(folder / held.name, f"receipt {receipt.number} of its recording")


def _by_ledger(store: Path) -> Iterator[MissingClip]:
    """Of a store: what the camera closed, and did not free."""
    entries = check_segments(read_segments([store / FOLDER])).entries
    freed = {_file(entry) for entry in entries if entry.kind == Kind.CLIP_FREED}
    for entry in entries:
        file = _file(entry)
        if entry.kind == Kind.CLIP_FINALISED and file not in freed and _is_below(file):
            yield MissingClip(store.absolute() / file, f"entry {entry.number} of the ledger")


def _file(entry: Entry) -> str:
    return str(entry.data.get("file", ""))


def _is_below(file: str) -> bool:
    """A ledger may have been written by anybody: only a path of a store's form is looked for."""
    folder, _, rest = file.partition("/")
    container, _, name = rest.partition("/")
    return folder == CLIPS_FOLDER and _is_recording(container) and _is_clip(name)


def _is_recording(name: str) -> bool:
    try:
        parse_recording_container(name)
    except ProtocolError:
        return False
    return True


def _is_clip(name: str) -> bool:
    try:
        return object_kind(name) is ObjectKind.CLIP
    except ProtocolError:
        return False
