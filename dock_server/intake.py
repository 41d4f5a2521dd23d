"""The durable PUT: no answer before body, name and catalogue entry would survive a power cut.

Who uses it: the upload handler, through worker threads. `docs/design/dock-server.md` numbers
the steps; `Step` names the points between them at which a test can kill the process.
"""

import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from bwv_device.evidence.digests import Digests
from bwv_device.evidence.durable import write_all
from bwv_device.protocol.names import object_kind
from dock_server import rules
from dock_server.catalogue import Catalogue, find_object
from dock_server.clock import ServerClock
from dock_server.damage import content_problem
from dock_server.deposit import Comparison, Deposit, Write
from dock_server.errors import AbsentError, CatalogueError, DigestError, FullError
from dock_server.nonsense import check_content
from dock_server.set_aside import set_aside
from dock_server.settings import Folders
from dock_server.tables import ContainerRow, Metadata, ObjectRow

logger = logging.getLogger(__name__)


Also = Callable[[Session, Digests], None]
"""What else belongs into the transaction that registers an object."""


def _nothing_more(_session: Session, _digests: Digests) -> None:
    """A plain PUT has nothing else."""


class Step(StrEnum):
    """Points of the procedure, in their order."""

    OPENED = "opened"
    SETTLED = "settled"
    PLACED = "placed"
    REGISTERED = "registered"


@dataclass(frozen=True, slots=True)
class Claims:
    """What the request says of its body; None or nothing where it says nothing."""

    size_bytes: int | None
    md5: str | None
    sha256: tuple[str, ...]
    """From `Repr-Digest` and from metadata `Sha256`."""

    def check(self, received: Digests) -> None:
        """Raises `DigestError` when the body is another one."""
        if self.size_bytes not in (None, received.bytes):
            raise DigestError(f"{received.bytes} bytes came, Content-Length is {self.size_bytes}")
        if self.md5 not in (None, received.md5):
            raise DigestError(f"the body has MD5 {received.md5}, ETag says {self.md5}")
        for said in self.sha256:
            if said != received.sha256:
                raise DigestError(f"the body has SHA-256 {received.sha256}, the request {said}")


@dataclass(frozen=True, slots=True)
class Offer:
    """An object that a client wants stored; names have been checked."""

    container: str
    name: str
    meta: Metadata
    content_type: str
    claims: Claims


class Intake:
    """Takes objects into the directory. Every method blocks: call it from a thread."""

    def __init__(
        self,
        catalogue: Catalogue,
        folders: Folders,
        clock: ServerClock,
        write: Write = write_all,
        on_step: Callable[[Step], None] = lambda _step: None,
        registered: Callable[[ObjectRow], None] = lambda _row: None,
    ) -> None:
        """`registered` is told each new object once it is in the catalogue; it must not raise."""
        self._catalogue = catalogue
        self._folders = folders
        self._clock = clock
        self._write = write
        self._on_step = on_step
        self._registered = registered

    def begin(self, offer: Offer) -> Comparison:
        """Where the body goes: a `Deposit`, or a `Comparison` when it is stored intact already.

        Raises `RefusalError` when it can be told before the body that it won't be taken.
        """
        old = self.check(offer)
        if old is not None and self._is_intact(old):
            return Comparison()
        path = self._folders.incoming / f"{secrets.token_hex(16)}.part"
        deposit = Deposit.new(path, self._write)
        self._on_step(Step.OPENED)
        return deposit

    def check(self, offer: Offer) -> ObjectRow | None:
        """The object that has this name already, if any.

        Raises `RefusalError` when it can be told before the body that it won't be taken.
        """
        container = self._catalogue.container(offer.container)
        old = self._catalogue.object(offer.container, offer.name)
        self._check_early(offer, container, old)
        return old

    def finish(self, offer: Offer, body: Comparison, also: Also = _nothing_more) -> ObjectRow:
        """Compare, make durable, register; what it returns may be acknowledged.

        `also` is called in the transaction that registers the object. Raises `RefusalError` or
        `OSError`; then nothing was acknowledged and no object with another content than before
        is visible.
        """
        digests = body.digests()
        offer.claims.check(digests)
        if not isinstance(body, Deposit) or self._has_it(offer, digests):
            return self._repeat(offer, digests, also)
        check_content(offer.container, offer.name, body.path)
        body.settle()
        self._on_step(Step.SETTLED)
        try:
            row = self._place_and_register(offer, body, digests, also)
        except (CatalogueError, FullError):
            self._withdraw_unregistered(offer, body)
            raise
        self._on_step(Step.REGISTERED)
        self._registered(row)
        return row

    def replace_metadata(self, container: str, name: str, meta: Metadata) -> None:
        """An object POST: all old metadata is dropped. Raises `RefusalError`."""
        with self._catalogue.changing() as session:
            holder = session.get(ContainerRow, container)
            row = find_object(session, container, name)
            if holder is None or row is None:
                raise AbsentError("no such object")
            rules.check_metadata_change(holder, row, meta)
            self._set_metadata(row, meta)

    def _check_early(
        self, offer: Offer, container: ContainerRow | None, old: ObjectRow | None
    ) -> None:
        stored = old.sha256 if old else ""
        expected = offer.claims.sha256[0] if offer.claims.sha256 else stored
        rules.check_object_change(container, old, offer.meta, expected)
        if container is not None:
            rules.check_size(container.kind, offer.claims.size_bytes or 0)

    def _is_intact(self, row: ObjectRow) -> bool:
        """Whether the disk still gives the stored body; a repeat is never believed blindly.

        What was seen is written down, so that no later HEAD offers the digest as a proof.
        """
        if row.problem is not None:
            return False
        found = content_problem(self._folders.object_file(row.container, row.name), row)
        if found is None:
            return True
        logger.error("%s/%s: %s", row.container, row.name, found)
        with self._catalogue.changing() as session:
            stored = find_object(session, row.container, row.name)
            if stored is not None:
                stored.problem = found
        return False

    def _has_it(self, offer: Offer, digests: Digests) -> bool:
        """Whether this very object was stored while its body came: two docks may send one clip."""
        old = self._catalogue.object(offer.container, offer.name)
        return old is not None and old.sha256 == digests.sha256 and self._is_intact(old)

    def _repeat(self, offer: Offer, digests: Digests, also: Also) -> ObjectRow:
        with self._catalogue.changing() as session:
            row = self._checked(session, offer, digests)
            if row is None:
                raise AbsentError("the object has gone while it was sent again")
            if row.sha256 != digests.sha256:  # only where a body must be empty
                raise DigestError("the body is not the stored one")
            if row.meta != offer.meta:
                self._set_metadata(row, offer.meta)
            also(session, digests)
            return row

    def _checked(self, session: Session, offer: Offer, digests: Digests) -> ObjectRow | None:
        container = session.get(ContainerRow, offer.container)
        old = find_object(session, offer.container, offer.name)
        rules.check_object_change(container, old, offer.meta, digests.sha256)
        if container is not None:
            rules.check_size(container.kind, digests.bytes)
        return old

    def _place_and_register(
        self, offer: Offer, body: Deposit, digests: Digests, also: Also
    ) -> ObjectRow:
        """In one transaction, under the catalogue's writer lock: nothing comes in between."""
        with self._catalogue.changing() as session:
            self._checked(session, offer, digests)
            self._place(offer, body)
            self._on_step(Step.PLACED)
            also(session, digests)
            return self._register(session, offer, digests)

    def _withdraw_unregistered(self, offer: Offer, body: Deposit) -> None:
        """After a commit that failed: a body that was never acknowledged must not pile up."""
        row = self._catalogue.object(offer.container, offer.name)
        if row is None:
            body.withdraw()

    def _place(self, offer: Offer, body: Deposit) -> None:
        target = self._folders.object_file(offer.container, offer.name)
        if os.path.lexists(target):
            set_aside(self._folders, target, "not the registered object, or damaged")
        body.move(target)

    def _register(self, session: Session, offer: Offer, digests: Digests) -> ObjectRow:
        now_ns = self._clock.utc_ns()
        row = ObjectRow(
            container=offer.container,
            name=offer.name,
            kind=object_kind(offer.name),
            size_bytes=digests.bytes,
            sha256=digests.sha256,
            md5=digests.md5,
            content_type=offer.content_type,
            stored_ns=now_ns,
            modified_ns=now_ns,
            meta=offer.meta,
            problem=None,
        )
        return session.merge(row)

    def _set_metadata(self, row: ObjectRow, meta: Metadata) -> None:
        row.meta = meta
        row.modified_ns = self._clock.utc_ns()
