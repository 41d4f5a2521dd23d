"""Signed receipts: what the server answers for, read back from its own disk.

Who uses it: the container and object handlers, through worker threads: every method blocks, for as
long as the recording takes to read. The steps are numbered in docs/design/manifest.md.
"""

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bwv_device.evidence.errors import SigningError
from bwv_device.evidence.receipt.schema import Held, HeldObject, Receipt
from bwv_device.evidence.receipt.signed import sign_receipt, text_sha256
from bwv_device.evidence.signer import Signer
from bwv_device.protocol.keys import ContainerKey
from bwv_device.protocol.names import ContainerKind, parse_recording_container
from dock_server import rules
from dock_server.catalogue import Catalogue, find_object
from dock_server.clock import ServerClock
from dock_server.damage import is_present
from dock_server.errors import AbsentError, ConflictError, FaultError
from dock_server.settings import Folders
from dock_server.tables import ContainerRow, ObjectRow, ReceiptRow

logger = logging.getLogger(__name__)


class Step(StrEnum):
    """Points of the procedure, in their order, at which a test can kill the process."""

    READ_BACK = "read_back"
    SIGNED = "signed"
    STORED = "stored"


Read = Callable[[Path], str]
"""SHA-256 in hex of what the disk gives."""


def sha256_from_disk(path: Path) -> str:
    """SHA-256 of a file, its pages dropped from memory first, so that the disk is asked. Raises
    `OSError`."""
    with path.open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass
class _Turns:
    """Who reads which container: a second request for the same receipt waits for the first one's,
    and reads nothing again."""

    guard: threading.Lock = field(default_factory=threading.Lock)
    locks: dict[str, tuple[threading.Lock, int]] = field(default_factory=dict)

    @contextmanager
    def of(self, container: str) -> Iterator[None]:
        """The only one at this container while the block runs."""
        with self.guard:
            lock, waiting = self.locks.get(container, (threading.Lock(), 0))
            self.locks[container] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self.guard:
                lock, waiting = self.locks.pop(container)
                if waiting > 1:
                    self.locks[container] = (lock, waiting - 1)


class Receipts:
    """Gives receipts; any thread may call."""

    def __init__(
        self,
        catalogue: Catalogue,
        folders: Folders,
        clock: ServerClock,
        signer: Signer,
        site_name: str,
        read: Read = sha256_from_disk,
        on_step: Callable[[Step], None] = lambda _step: None,
        signed: Callable[[ReceiptRow], None] = lambda _row: None,
    ) -> None:
        """`signed` is told each new receipt before it is committed; it must not raise."""
        self._catalogue = catalogue
        self._folders = folders
        self._clock = clock
        self._signer = signer
        self._site_name = site_name
        self._read = read
        self._on_step = on_step
        self._enter = signed
        self._turns = _Turns()

    def give(self, container: str) -> ReceiptRow:
        """The container's receipt; the same one for the same content, however often it is asked.

        Raises `AbsentError` while there is nothing to answer for, `ConflictError` when something
        is damaged here and has to be sent again, `FaultError`, `OSError`, `CatalogueError`.
        """
        with self._turns.of(container):
            row = self._catalogue.container(container)
            objects = self._catalogue.all_objects(container)
            _check_answerable(row, objects)
            self._check_present(objects)
            content = content_mark(objects)
            stored = self._catalogue.receipt(container, content)
            if stored is not None:
                return stored
            self._read_back(objects)
            self._on_step(Step.READ_BACK)
            made = self._sign_and_store(container, content)
            self._on_step(Step.STORED)
            return made

    def _check_present(self, objects: Sequence[ObjectRow]) -> None:
        """Cheap, and at every asking: what is known to be damaged frees nothing any more."""
        for one in objects:
            if not is_present(self._folders, one):
                raise _damaged(one)

    def _read_back(self, objects: Sequence[ObjectRow]) -> None:
        for one in objects:
            path = self._folders.object_file(one.container, one.name)
            if self._read(path) != one.sha256:
                self._mark(one, "the content has changed on the disk")
                raise _damaged(one)

    def _mark(self, row: ObjectRow, problem: str) -> None:
        """So that no later HEAD offers the digest as a proof, and the object may be sent again."""
        logger.error("%s/%s: %s", row.container, row.name, problem)
        with self._catalogue.changing() as session:
            stored = find_object(session, row.container, row.name)
            if stored is not None:
                stored.problem = problem

    def _sign_and_store(self, container: str, content: str) -> ReceiptRow:
        """In one transaction, under the catalogue's writer lock: number, link and text belong
        together, and nothing comes between what was read and what is signed."""
        with self._catalogue.changing() as session:
            row = session.get(ContainerRow, container)
            query = select(ObjectRow).where(ObjectRow.container == container)
            objects = session.scalars(query.order_by(ObjectRow.name)).all()
            if row is None or content_mark(objects) != content:
                raise ConflictError("the container has changed meanwhile: ask again")
            self._check_present(objects)
            receipt = self._receipt(session, row, objects)
            text = self._signed(receipt)
            self._on_step(Step.SIGNED)
            made = ReceiptRow(
                device=receipt.device,
                number=receipt.number,
                container=container,
                content=content,
                sha256=text_sha256(text),
                text=text.decode("ascii"),
                issued_ns=receipt.issued_utc_ns,
            )
            session.add(made)
            self._enter(made)
            return made

    def _signed(self, receipt: Receipt) -> bytes:
        try:
            return sign_receipt(receipt, self._signer)
        except SigningError as error:
            logger.error("no receipt can be signed: %s", error)
            raise FaultError("the destination can't sign receipts: see its log") from error

    def _receipt(
        self, session: Session, row: ContainerRow, objects: Sequence[ObjectRow]
    ) -> Receipt:
        device = device_of(row)
        before = session.scalars(
            select(ReceiptRow)
            .where(ReceiptRow.device == device)
            .order_by(ReceiptRow.number.desc())
            .limit(1)
        ).one_or_none()
        recording = row.kind is ContainerKind.RECORDING
        return Receipt(
            site_name=self._site_name,
            container=row.name,
            held=Held.COMPLETE if recording else Held.REJECTED_CONTENT,
            objects=tuple(
                HeldObject(name=one.name, bytes=one.size_bytes, sha256=one.sha256)
                for one in objects
            ),
            missing_clips=row.meta.get(ContainerKey.MISSING_CLIPS, ""),
            device=device,
            number=before.number + 1 if before else 1,
            previous_sha256=before.sha256 if before else None,
            issued_utc_ns=max(0, self._clock.utc_ns()),
        )


def device_of(row: ContainerRow) -> str:
    """Whose receipts a container's one is numbered among: by the name of a recording, by the
    metadata of rejected content, which may not say."""
    if row.kind is ContainerKind.RECORDING:
        return parse_recording_container(row.name).serial
    return row.meta.get(ContainerKey.BWC_SERIAL_NUMBER, "")


def content_mark(objects: Sequence[ObjectRow]) -> str:
    """Tells contents of a container apart, so that the same one gets the same receipt."""
    lines = "".join(
        f"{one.name} {one.size_bytes} {one.sha256}\n"
        for one in sorted(objects, key=lambda one: one.name)
    )
    return hashlib.sha256(lines.encode("ascii")).hexdigest()


def _check_answerable(row: ContainerRow | None, objects: Sequence[ObjectRow]) -> None:
    if row is None or row.kind not in rules.EVIDENCE:
        raise AbsentError("no recording of this name: there is no receipt")
    if row.kind is ContainerKind.RECORDING and not rules.is_complete(row):
        raise AbsentError("the recording is not complete: there is no receipt yet")
    if row.kind is ContainerKind.REJECTED and not objects:
        raise AbsentError("there is nothing in it to answer for")


def _damaged(row: ObjectRow) -> ConflictError:
    return ConflictError(f"no receipt: {row.name} is damaged here, send it again")
