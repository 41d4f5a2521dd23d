"""The uploads that may be resumed, in the catalogue and on the disk.

Who uses it: the upload handlers, through worker threads (every call blocks), and start-up. An
offset is written here before it is told to anybody.
"""

import logging
import secrets
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bwv_device.evidence.digests import Digests
from bwv_device.protocol.times import SECOND_NS
from dock_server.catalogue import Catalogue
from dock_server.clock import ServerClock
from dock_server.deposit import Write
from dock_server.errors import BusyError, LostUploadError
from dock_server.intake import Claims, Offer
from dock_server.partial import Partial
from dock_server.settings import Folders, Limits
from dock_server.tables import UploadRow

logger = logging.getLogger(__name__)

ID_BYTES = 16


def offer_of(row: UploadRow) -> Offer:
    """What the creation asked for, with the length that is known by now."""
    claims = Claims(row.length_bytes, row.md5, tuple(row.sha256))
    return Offer(row.container, row.name, row.meta, row.content_type, claims)


class UploadBook:
    """Rows and files of uploads; the rows that it returns are detached."""

    def __init__(
        self,
        catalogue: Catalogue,
        folders: Folders,
        clock: ServerClock,
        limits: Limits,
        write: Write,
    ) -> None:
        self._catalogue = catalogue
        self._folders = folders
        self._clock = clock
        self._limits = limits
        self._write = write

    def create(self, offer: Offer) -> tuple[UploadRow, Partial]:
        """A new upload; raises `BusyError` when there are too many, `OSError`."""
        self.expire()
        row = UploadRow(
            upload_id=secrets.token_hex(ID_BYTES),
            container=offer.container,
            name=offer.name,
            meta=offer.meta,
            content_type=offer.content_type,
            md5=offer.claims.md5,
            sha256=list(offer.claims.sha256),
            length_bytes=offer.claims.size_bytes,
            created_ns=self._clock.utc_ns(),
        )
        partial = Partial.new(self._path(row), self._write)
        try:
            self._enter(row)
        except BaseException:
            partial.abandon()
            raise
        return row, partial

    def find(self, upload_id: str) -> UploadRow | None:
        """The upload; None when there is none, or none any more."""
        with self._catalogue.changing() as session:
            return session.get(UploadRow, upload_id)

    def reopen(self, row: UploadRow) -> Partial:
        """Its bytes; raises `LostUploadError` after it was deactivated, and `OSError`."""
        try:
            return Partial.reopen(self._path(row), self._write, row.offset_bytes, row.prefix_sha256)
        except LostUploadError as error:
            self.drop(row.upload_id, str(error))
            raise LostUploadError(f"{error}: begin the upload anew") from error

    def checkpoint(self, upload_id: str, synced: Digests) -> None:
        """These bytes are on the disk: from now on the offset may be told."""
        with self._catalogue.changing() as session:
            row = session.get_one(UploadRow, upload_id)
            row.offset_bytes, row.prefix_sha256 = synced.bytes, synced.sha256

    def learn_length(self, upload_id: str, length_bytes: int) -> None:
        """The client has said how long the whole will be."""
        with self._catalogue.changing() as session:
            session.get_one(UploadRow, upload_id).length_bytes = length_bytes

    def close(self, session: Session, whole: Digests, *, upload_id: str) -> None:
        """It has become an object; called in the transaction that registers that."""
        row = session.get_one(UploadRow, upload_id)
        row.offset_bytes = row.length_bytes = whole.bytes
        row.prefix_sha256 = whole.sha256
        row.completed_ns = self._clock.utc_ns()

    def drop(self, upload_id: str, why: str) -> bool:
        """Deactivate it and remove what it brought; whether there was one. Raises `OSError`.

        The row goes first: a file without a row is removed at the next start.
        """
        with self._catalogue.changing() as session:
            row = session.get(UploadRow, upload_id)
            if row is None:
                return False
            session.delete(row)
        self._path(row).unlink(missing_ok=True)
        logger.info("dropped the upload of %s/%s: %s", row.container, row.name, why)
        return True

    def expire(self) -> None:
        """Drop the uploads that nobody has finished or asked for in time. Raises `OSError`."""
        now_ns = self._clock.utc_ns()
        unfinished_ns = now_ns - round(self._limits.upload_life_s * SECOND_NS)
        finished_ns = now_ns - round(self._limits.upload_kept_s * SECOND_NS)
        query = select(UploadRow.upload_id).where(
            func.coalesce(UploadRow.completed_ns <= finished_ns, False)
            | (UploadRow.completed_ns.is_(None) & (UploadRow.created_ns <= unfinished_ns))
        )
        with self._catalogue.changing() as session:
            late = session.scalars(query).all()
        for upload_id in late:
            self.drop(upload_id, "its time is over")

    def reconcile(self) -> None:
        """At start-up: remove files that no unfinished upload has, drop uploads whose file is
        gone or too short. Raises `OSError`."""
        with self._catalogue.changing() as session:
            unfinished = session.scalars(
                select(UploadRow).where(UploadRow.completed_ns.is_(None))
            ).all()
        expected = {self._path(row): row for row in unfinished}
        for path in self._folders.uploads.iterdir():
            if path not in expected:
                path.unlink()
        for path, row in expected.items():
            if not path.is_file() or path.stat().st_size < row.offset_bytes:
                self.drop(row.upload_id, "its file does not hold what was promised")
        self.expire()

    def _enter(self, row: UploadRow) -> None:
        most = self._limits.uploads_open_max
        query = select(func.count()).select_from(UploadRow).where(UploadRow.completed_ns.is_(None))
        with self._catalogue.changing() as session:
            if session.scalars(query).one() >= most:
                raise BusyError(f"{most} uploads are unfinished: try again later")
            session.add(row)

    def _path(self, row: UploadRow) -> Path:
        return self._folders.upload_file(row.upload_id)
