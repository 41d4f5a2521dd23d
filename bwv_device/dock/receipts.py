"""Takes the destination's receipts: verified, stored, and only then may the clips go.

Who uses it: `handover`, once a recording is complete. Procedure M3 of docs/design/manifest.md.
"""

import hashlib
import logging
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bwv_device.dock.docking import Docking, Step
from bwv_device.dock.errors import (
    AbsentError,
    ConnectionFileError,
    LostClipError,
    NotAllowedError,
    ReceiptError,
    RejectedError,
)
from bwv_device.dock.events import NextTry
from bwv_device.dock.proof import Expected, Verdict, verdict_on_look
from bwv_device.dock.sealing import expected_of, key_object
from bwv_device.errors import Kind
from bwv_device.evidence import durable
from bwv_device.evidence.identity.files import IdentityFiles
from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.receipt.signed import (
    SignedReceipt,
    contradiction,
    read_receipt,
    require_covers,
)
from bwv_device.evidence.records import Clip, ClipState, NewReceipt, Recording
from bwv_device.evidence.store import Store
from bwv_device.evidence.trust import UntrustedError, read_anchors
from bwv_device.protocol.connection import ConnectionFile
from bwv_device.protocol.names import RECEIPT_OBJECT

log = logging.getLogger(__name__)

_ADVICE = (
    "nothing was freed; get a new connection file from the destination's operator, and check who "
    "answers at its address"
)
_KEEP = (
    "Keep the camera's journal, and ask the operator whether the destination was put back to an "
    "older state"
)
_WAITS = "not freed: "
_LOST_THERE = (Verdict.ABSENT, Verdict.OTHER)


def receipt_anchors(
    store: Store, serial: str, connection: ConnectionFile
) -> tuple[x509.Certificate, ...]:
    """Whose signature frees clips: those that the connection file names, and the authority with
    which the camera is enrolled. Raises `ConnectionFileError`, `StoreError`."""
    texts = connection.receipt_certificates_pem()
    enrolled = IdentityFiles(store.folder, serial).authority
    with durable.disk_errors("reading", enrolled):
        texts += [enrolled.read_text()] if enrolled.exists() else []
    try:
        return read_anchors(texts)
    except ValueError as error:
        raise ConnectionFileError(
            f"a certificate that stands behind receipts can't be read ({error}): ask the "
            "destination's operator for a new connection file, and enrol the camera again"
        ) from error


class Receipts:
    """The receipts of one recording."""

    def __init__(self, docking: Docking, recording: Recording) -> None:
        self._docking = docking
        self._recording = recording

    def take(self, given: bytes) -> None:
        """Have every container that holds clips of the recording receipted; `given` is what was
        answered to `Complete`, empty where that was no receipt.

        Raises `DockError` for what may pass, `ConflictError` when something is damaged there. A
        receipt that can't be verified is told, and frees nothing.
        """
        waiting = self._waiting()
        if not self._docking.gives_receipts:
            self._tell_waiting([clip for clip in waiting if clip.receipt_due])
            return
        for container in sorted({clip.destination or "" for clip in waiting}):
            clips = [clip for clip in waiting if clip.destination == container]
            text = given if container == self._recording.container else b""
            try:
                self._take_one(container, text or self._ask(container), clips)
                self._note(container, "")
            except ReceiptError as error:
                log.error("%s", error)
                self._note(container, f"{_WAITS}{error}")
                self._docking.tally.failed(error)

    def look_again(self) -> None:
        """Take back every clip that the destination does not hold any more: it is sent again."""
        for clip in self._waiting():
            if not any(self._look(clip, *one) in _LOST_THERE for one in self._objects(clip)):
                continue
            text = f"{clip.destination} does not hold it any more: it is sent again"
            self._docking.journal.take_back(clip.id, text)
            self._docking.tally.problem(Kind.RETRY, f"{clip.file}: {text}")
            self._docking.tally.next_tries.add(NextTry.SOON)

    def _waiting(self) -> list[Clip]:
        clips = self._docking.journal.clips(self._recording.id, ClipState.ACKNOWLEDGED)
        return [clip for clip in clips if clip.receipt_id is None]

    def _note(self, container: str, problem: str) -> None:
        """Leave in the journal why clips are not freed, for `bwv clips`; what else is said of one
        stays."""
        journal = self._docking.journal
        for clip in journal.clips(self._recording.id, ClipState.ACKNOWLEDGED):
            ours = clip.problem is None or clip.problem.startswith(_WAITS)
            if clip.destination == container and ours:
                waits = problem if clip.awaits_receipt else ""
                journal.note_problem(clip.id, waits or None)

    def _tell_waiting(self, clips: Sequence[Clip]) -> None:
        if clips:
            text = (
                f"{self._recording.container}: {len(clips)} clips wait for a receipt, and this "
                "destination gives none: dock at the one that holds them"
            )
            self._docking.tally.problem(Kind.FAULT, text)

    def _ask(self, container: str) -> bytes:
        answer = self._docking.destination.read(container, RECEIPT_OBJECT)
        if answer is None:
            raise AbsentError(f"{container} has no receipt: does it hold what it took?", 404)
        return answer.body

    def _take_one(self, container: str, text: bytes, clips: Sequence[Clip]) -> None:
        found, new = self._verified(container, text)
        covered, problems = self._covered(found, container, clips)
        self._compare(found, new)
        self._docking.journal.add_receipt(new, covered)
        self._docking.at(Step.RECEIPT_STORED)
        if problems:
            raise ReceiptError(f"{problems[0]}: {_ADVICE}")

    def _verified(self, container: str, text: bytes) -> tuple[SignedReceipt, NewReceipt]:
        docking = self._docking
        try:
            found = read_receipt(text)
            receipt = found.receipt
            anchor = found.require_trusted(docking.receipt_anchors, receipt.issued_utc_ns)
        except (SignedDocumentError, UntrustedError) as error:
            raise ReceiptError(
                f"the receipt of {container} can't be verified ({error}): {_ADVICE}"
            ) from error
        anchor_sha256 = hashlib.sha256(anchor.public_bytes(Encoding.DER)).hexdigest()
        return found, NewReceipt(
            sha256=found.sha256,
            container=receipt.container,
            anchor_sha256=anchor_sha256,
            device=receipt.device,
            number=receipt.number,
            text=text.decode("utf-8"),
            received_utc_ns=docking.clock.utc_ns(),
        )

    def _compare(self, found: SignedReceipt, new: NewReceipt) -> None:
        """Tell a destination that contradicts itself. Its receipt counts all the same: what it
        says of these clips is signed, and footage is not safer here."""
        for stored in self._docking.journal.receipts_around(new):
            try:
                other = read_receipt(stored.text.encode("utf-8"))
            except SignedDocumentError as error:
                text = f"receipt {stored.number} in the camera's journal is damaged: {error}"
                self._docking.tally.problem(Kind.FAULT, f"{text}; run `bwv check`")
                continue
            if text := contradiction(found, other) or contradiction(other, found):
                text = f"{found.receipt.site_name} contradicts its own receipts: {text}"
                self._docking.tally.problem(Kind.FAULT, f"{text}. {_KEEP}")

    def _covered(
        self, found: SignedReceipt, container: str, clips: Sequence[Clip]
    ) -> tuple[list[int], list[str]]:
        """Clips for which the receipt stands, with all that they need, and what is wrong about
        the others."""
        covered, problems = [], []
        for clip in clips:
            try:
                for name, one in self._objects(clip):
                    require_covers(found.receipt, container, name, one.size_bytes, one.sha256)
                covered.append(clip.id)
            except (SignedDocumentError, LostClipError) as error:
                problems.append(str(error))
        return covered, problems

    def _objects(self, clip: Clip) -> list[tuple[str, Expected]]:
        """What has to be at the destination before the clip may go: the clip, and what opens it.
        Raises `LostClipError` when that is gone here."""
        path = self._docking.store.path(clip)
        found = [(path.name, Expected(clip.sha256 or "", clip.md5 or "", clip.bytes or 0))]
        if clip.sealed:
            name, _, body = key_object(self._docking.store, clip)
            found.append((name, expected_of(body)))
        return found

    def _look(self, clip: Clip, name: str, expected: Expected) -> Verdict:
        try:
            found = self._docking.destination.look(clip.destination or "", name)
        except (RejectedError, NotAllowedError) as error:
            log.warning("no looking at %s: %s", name, error)
            return Verdict.SILENT
        return verdict_on_look(found.headers, expected) if found else Verdict.ABSENT
