"""Writes a court pack: a folder, or the same as one archive, whole under its name or not there.

Used by `bwv export`. What lies where is told in docs/design/verification.md.
"""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bwv_device.cli.export.credentials import make_credential
from bwv_device.cli.export.errors import ExportError
from bwv_device.cli.export.exporter import Exporter
from bwv_device.cli.export.item import Item
from bwv_device.cli.verify.outcome import to_json
from bwv_device.evidence.identity.credential import pem
from bwv_device.evidence.verification.evidence import Trust
from bwv_device.evidence.verification.gather import COPIES_FOLDER
from bwv_device.protocol.names import MANIFEST_SUFFIX, RECEIPT_OBJECT

CLIPS, CERTIFICATES = "clips", "certificates"
REPORT, REPORT_JSON, SUMS = "report.html", "report.json", "SHA256SUMS"
ZIP_ENDING = ".zip"


@dataclass(frozen=True, slots=True)
class Packed:
    """A clip that lies in the pack."""

    item: Item
    problem: str
    """Why it has no credential; empty when it has one."""

    @property
    def path(self) -> str:
        """Where it lies; clips of one name are kept apart by their recordings."""
        return f"{CLIPS}/{self.item.folder}/{self.item.name}"


class PackWriter:
    """Writes the files of one pack into a folder beside it, then puts it in its place.

    A context manager: what was begun and not finished is removed.
    """

    def __init__(self, target: Path) -> None:
        """Raises `ExportError` when something is there already, or the folder can't be made."""
        self._target = target
        self._folder = target.with_name(f".{target.name}.unfinished")
        if target.exists():
            raise ExportError(f"{target} is there already: name another, nothing is written over")
        with _disk_errors(target):
            self._remove()
            self._folder.mkdir(parents=True, mode=0o700)

    def __enter__(self) -> "PackWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def add(self, item: Item, exporter: Exporter, now_utc_ns: int) -> Packed:
        """Put in a clip with what belongs to it. Raises `ExportError` when it can't be written."""
        stem = item.name.rpartition(".")[0]
        with _disk_errors(self._target):
            clip = self._put(f"{CLIPS}/{item.folder}/{item.name}", item.clear)
            copy = self._place(f"{COPIES_FOLDER}/{item.folder}/{item.name}")
            for name, data in _papers(item, stem):
                # The clips of one recording share its receipt.
                if not self._place(name).exists():
                    self._put(name, data)
            try:
                sidecar = make_credential(item, clip, copy, exporter, now_utc_ns)
            except ExportError as error:
                # It is evidence without a credential as well; the report says why it has none.
                return Packed(item, str(error))
            self._put(f"{CLIPS}/{item.folder}/{stem}.c2pa", sidecar)
        return Packed(item, "")

    def finish(
        self, packed: Sequence[Packed], exporter: Exporter, trust: Trust, report_html: str
    ) -> None:
        """Put in the rest, and give the pack its name. Raises `ExportError`."""
        outcomes = to_json([one.item.outcome for one in packed])
        with _disk_errors(self._target):
            self._put(f"{CERTIFICATES}/exporter.pem", exporter.certificates_pem.encode())
            if trust.anchors:
                self._put(f"{CERTIFICATES}/anchors-given.pem", pem(*trust.anchors).encode())
            self._put(REPORT, report_html.encode())
            self._put(REPORT_JSON, (json.dumps(outcomes, indent=2) + "\n").encode())
            self._put(SUMS, self._sums())
            self._name()

    def _place(self, name: str) -> Path:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _put(self, name: str, data: bytes | memoryview) -> Path:
        path = self._place(name)
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return path

    def _sums(self) -> bytes:
        """As `sha256sum -c` reads it."""
        lines = [f"{_sha256(path)}  {path.relative_to(self._folder)}\n" for path in self._paths()]
        return "".join(lines).encode()

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._folder.rglob("*") if path.is_file())

    def _name(self) -> None:
        if self._target.suffix != ZIP_ENDING:
            self._folder.rename(self._target)
            return
        archive = self._folder.with_suffix(".new")
        # Stored as they are: video does not shrink, and every tool can take it apart.
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED, allowZip64=True) as made:
            for path in self._paths():
                made.write(path, f"{self._target.stem}/{path.relative_to(self._folder)}")
        archive.rename(self._target)

    def _remove(self) -> None:
        if self._folder.exists():
            shutil.rmtree(self._folder)


def _papers(item: Item, stem: str) -> Iterator[tuple[str, bytes]]:
    papers = item.evidence.papers
    if papers.manifest is not None:
        yield f"{CLIPS}/{item.folder}/{stem}{MANIFEST_SUFFIX}", papers.manifest
    if papers.receipt is not None:
        yield f"{CLIPS}/{item.folder}/{RECEIPT_OBJECT}", papers.receipt
    if item.signed_manifest is not None:
        chain = pem(*item.signed_manifest.chain).encode()
        yield f"{CERTIFICATES}/{item.folder}/{stem}-signer.pem", chain


@contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(f"{target} can't be written: {error.strerror or error}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
