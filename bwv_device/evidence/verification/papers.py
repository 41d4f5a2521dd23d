"""Finds what lies beside a clip: manifest, receipt, ledger; in a store, at a server, in a pack.

Who uses it: `gather`. It reads and changes nothing, and asks nobody: of a server it reads the
folder. What can't be there has no place here, what can't be read is an error.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.identity.credential import parse_certificates
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.trust import check_path
from bwv_device.evidence.ledger.check import Checked, check_segments
from bwv_device.evidence.ledger.read import read_segments
from bwv_device.evidence.ledger.segment import FOLDER
from bwv_device.evidence.sidecars import sidecar
from bwv_device.evidence.verification.evidence import Papers, Trust
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import (
    LEDGER_PREFIX,
    MANIFEST_SUFFIX,
    RECEIPT_OBJECT,
    parse_recording_container,
)

PAPER_MAX_BYTES = 64_000_000
"""More than any document that we write; what is longer is none."""
_SERVER_LEDGERS = LEDGER_PREFIX + "{}_*"
_SERVER_CATALOGUE = "catalogue.sqlite"
_RECEIPT_QUERY = "SELECT text FROM receipt WHERE container = ? ORDER BY number DESC LIMIT 1"


class PaperFinder:
    """Of clips in any folders; a ledger is read and checked once for all of them."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._ledgers: dict[Path, Checked] = {}

    def papers(self, clip: Path, container: str | None) -> Papers:
        """What lies beside the clip. Raises `OSError`, `StoreError`."""
        return Papers(
            manifest=read_paper(sidecar(clip, MANIFEST_SUFFIX)),
            receipt=read_paper(clip.parent / RECEIPT_OBJECT)
            or server_receipt(clip.parent, container),
            ledger=self._ledger(clip, container),
        )

    def _ledger(self, clip: Path, container: str | None) -> Checked | None:
        """The one of the recording's device; of several, the newest that names the clip."""
        serial = _serial(container)
        found = [self._checked(folder) for folder in _ledger_folders(clip, serial)]
        of_device = [one for one in found if one.entries and serial in {None, one.device}]
        naming = [one for one in of_device if _names(one, clip.name)]
        return next(iter([*naming, *of_device]), None)

    def _checked(self, folder: Path) -> Checked:
        if folder not in self._ledgers:
            self._ledgers[folder] = check_segments(read_segments([folder]), trusts=self._distrust)
        return self._ledgers[folder]

    def _distrust(self, chain_pem: str) -> str:
        """Why a ledger's signer is not trusted; its times are not looked at, as it has many."""
        if not self._trust.anchors:
            return "no certificate was given that could vouch for it"
        try:
            check_path(parse_certificates(chain_pem), self._trust.anchors)
        except IdentityError as error:
            return str(error)
        return ""


def read_paper(path: Path) -> bytes | None:
    """None where there is none; of one that is too long as much as makes it unreadable. Raises
    `OSError`."""
    try:
        with path.open("rb") as file:
            return file.read(PAPER_MAX_BYTES + 1)
    except FileNotFoundError:
        return None


def _serial(container: str | None) -> str | None:
    if container is None:
        return None
    try:
        return parse_recording_container(container).serial
    except ProtocolError:
        return None


def _ledger_folders(clip: Path, serial: str | None) -> list[Path]:
    """Beside the clips of a store, or among the containers of a server."""
    recording = clip.absolute().parent
    here = [recording.parent.parent / FOLDER]
    if serial is not None:
        here += sorted(recording.parent.glob(_SERVER_LEDGERS.format(serial)), reverse=True)
    return [folder for folder in here if folder.is_dir()]


def _names(ledger: Checked, clip_name: str) -> bool:
    return any(str(one.data.get("file", "")).endswith("/" + clip_name) for one in ledger.entries)


def server_receipt(folder: Path, container: str | None) -> bytes | None:
    """The last receipt that a server gave for the recording in its `folder`, from its catalogue,
    which it may be writing at the moment. Raises `StoreError` when that can't be read."""
    catalogue = folder.absolute().parent.parent / _SERVER_CATALOGUE
    if container is None or not catalogue.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{catalogue.as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute(_RECEIPT_QUERY, (container,)).fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{catalogue} can't be read: {error}") from error
    return None if row is None else str(row[0]).encode()
