"""Cameras' ledgers: each segment is held against the one before as soon as it is stored.

Who uses it: the intake tells each new object, start-up catches up, the page shows. What is wrong
with a segment is kept beside it and never a reason to refuse it: a broken ledger is evidence too.
Procedure L7 of docs/design/ledger.md. Every method blocks.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography import x509

from bwv_device.evidence.ledger.check import Checked, check_segments, described
from bwv_device.evidence.ledger.entry import BEFORE_ALL
from bwv_device.evidence.ledger.head import Head
from bwv_device.protocol.errors import shown
from bwv_device.protocol.names import (
    LedgerName,
    ObjectKind,
    parse_ledger_container,
    parse_ledger_object,
)
from dock_server.catalogue import Catalogue
from dock_server.errors import DockServerError
from dock_server.ledger_signers import Signers, last_signer
from dock_server.ledger_view import Told
from dock_server.own_ledger import OwnLedger
from dock_server.settings import Folders
from dock_server.tables import LedgerRow, ObjectRow

logger = logging.getLogger(__name__)

SEGMENT_READ_MAX_BYTES = 8 << 20
"""A camera closes a segment at a megabyte; what is longer than this is not read as one."""
FINDINGS_MAX = 200
"""Kept of one segment; how many more there are is said."""


class Ledgers:
    """Any thread may call; one ledger is looked at at a time."""

    def __init__(
        self,
        catalogue: Catalogue,
        folders: Folders,
        own: OwnLedger,
        anchors: Sequence[x509.Certificate] = (),
    ) -> None:
        """`anchors` vouch for cameras' keys: the authority's certificate, where there is one."""
        self._catalogue, self._folders, self._own = catalogue, folders, own
        self._anchors = anchors
        self._lock = threading.Lock()

    def stored(self, row: ObjectRow) -> None:
        """A new object is in the catalogue. Raises nothing: it is stored, whatever it holds; a look
        that fails now is made up for at the next segment, or start."""
        if row.kind is not ObjectKind.LEDGER:
            return
        try:
            self.catch_up(row.container, again=parse_ledger_object(row.name))
        except (DockServerError, OSError):
            logger.exception("%s/%s is stored and was not looked at", row.container, row.name)

    def catch_up_all(self) -> None:
        """At the start. Raises `CatalogueError`, `OSError`."""
        for container in self._catalogue.ledgers():
            self.catch_up(container.name)

    def catch_up(self, container: str, again: int | None = None) -> None:
        """Look at the segments that nobody has looked at, at `again`, and at all behind the first
        of them. Raises `CatalogueError`, `OSError`."""
        with self._lock:
            known = {row.segment: row for row in self._catalogue.ledger_segments(container)}
            before: LedgerRow | None = None
            previous: ObjectRow | None = None
            is_behind_new = False
            for stored in self._segments(container):
                number = parse_ledger_object(stored.name)
                row = known.get(number)
                if row is None or is_behind_new or number == again:
                    is_behind_new = True
                    made = self._look(stored, before, self._last_signer(previous))
                    self._keep(made, stored, is_new=row is None)
                    row = made
                before, previous = row, stored

    def told(self, container: str, newest: int) -> Told:
        """The ledger with its `newest` segments, for the page. Raises `CatalogueError`,
        `OSError`."""
        name = parse_ledger_container(container)
        stored = self._segments(container)[-newest:]
        data = ((parse_ledger_object(one.name), self._read(one)) for one in stored)
        made = check_segments(data, are_closed=True)
        return Told(name, self._catalogue.ledger_segments(container), made)

    def _segments(self, container: str) -> list[ObjectRow]:
        objects = self._catalogue.all_objects(container)
        return [one for one in objects if one.kind is ObjectKind.LEDGER]

    def _last_signer(self, stored: ObjectRow | None) -> str:
        """Who signed the segment before; empty where there is none."""
        return "" if stored is None else last_signer(self._read(stored))

    def _look(self, stored: ObjectRow, before: LedgerRow | None, signer: str) -> LedgerRow:
        name, number = parse_ledger_container(stored.container), parse_ledger_object(stored.name)
        made = check_segments(
            [(number, self._read(stored))],
            before=_head_before(name, number, before),
            trusts=Signers(name.serial, self._anchors, signer),
            are_closed=True,
        )
        findings = [*_around(name, number, before, made), *described(made.findings)]
        return LedgerRow(
            container=stored.container,
            segment=number,
            first=made.begins,
            last=min(made.head.number, _NUMBER_MAX),
            hash=made.head.hash,
            signed=min(made.signed, _NUMBER_MAX),
            findings="\n".join(_cut(findings)),
        )

    def _keep(self, row: LedgerRow, stored: ObjectRow, *, is_new: bool) -> None:
        for finding in row.findings.splitlines():
            logger.error("%s: %s", row.container, finding)
        if is_new:
            name = parse_ledger_container(row.container)
            head = Head(name.ledger_id, row.last, row.hash)
            problems = len(row.findings.splitlines())
            self._own.segment_stored(row.container, row.segment, stored.sha256, head, problems)
        with self._catalogue.changing() as session:
            session.merge(row)

    def _read(self, stored: ObjectRow) -> bytes:
        """Nothing, where the file is gone, which the start-up has reported."""
        path: Path = self._folders.object_file(stored.container, stored.name)
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(SEGMENT_READ_MAX_BYTES)


_NUMBER_MAX = 2**53
"""Of an entry: more than any camera ever makes, and a number that the database holds."""


def _head_before(name: LedgerName, number: int, before: LedgerRow | None) -> Head | None:
    """What the segment has to go on from; None where that is not here."""
    if number == 1:
        return Head(name.ledger_id, 0, BEFORE_ALL.hex())
    if before is None or before.segment != number - 1:
        return None
    return Head(name.ledger_id, before.last, before.hash)


def _around(
    name: LedgerName, number: int, before: LedgerRow | None, made: Checked
) -> Iterator[str]:
    """What is wrong with a segment as the one under this name."""
    first = before.segment + 1 if before else 1
    if number > first:
        last = number - 1
        which = f"segment {first} is" if first == last else f"segments {first} to {last} are"
        yield f"{which} not here"
    if made.ledger and made.ledger != name.ledger_id:
        yield f"it is a segment of another ledger, {shown(made.ledger)}"
    if made.device and made.device != name.serial:
        yield f"it is a segment of another camera, {shown(made.device)}"


def _cut(findings: list[str]) -> list[str]:
    more = len(findings) - FINDINGS_MAX
    return [*findings[:FINDINGS_MAX], *([f"and {more} more"] if more > 0 else [])]
