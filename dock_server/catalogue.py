"""What the server knows of its content: containers, objects and their metadata, in SQLite.

Who uses it: the handlers, through threads (every call blocks), and start-up. One process has
the directory (see `serve`), so one lock in it keeps changes apart.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, ColumnElement, Engine, create_engine, event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from bwv_device.protocol.names import ContainerKind, ObjectKind
from dock_server import tables
from dock_server.errors import CatalogueError, FullError
from dock_server.tables import ContainerRow, LedgerRow, ObjectRow, ReceiptRow

_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000")
"""FULL: a commit that has returned survives a power cut."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a listing is asked for, in the terms of Swift."""

    limit: int = 10_000
    marker: str = ""
    end_marker: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """How many objects there are, and how large they are together."""

    objects: int
    size_bytes: int


class Catalogue:
    """The database; open from construction to `close`. Rows that it returns are detached."""

    def __init__(self, path: Path) -> None:
        """Open or create it; raises `StartError` or `CatalogueError`."""
        self._writer = threading.Lock()
        self._engine = _engine(path)
        try:
            with _wrapped(), self._engine.begin() as connection:
                tables.prepare(connection)
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def changing(self) -> Iterator[Session]:
        """A transaction of its own, committed durably when the block ends without an error."""
        with (
            self._writer,
            _wrapped(),
            Session(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with _wrapped(), Session(self._engine, expire_on_commit=False) as session:
            yield session

    def container(self, name: str) -> ContainerRow | None:
        with self._reading() as session:
            return session.get(ContainerRow, name)

    def containers(self, part: Slice) -> Sequence[tuple[ContainerRow, Totals]]:
        """Containers by name, each with what it holds."""
        chosen = _sliced(ContainerRow.name, part)
        query = (
            select(ContainerRow, func.count(ObjectRow.name), _bytes())
            .outerjoin(ObjectRow)
            .where(*chosen)
            .group_by(ContainerRow.name)
            .order_by(ContainerRow.name)
            .limit(part.limit)
        )
        with self._reading() as session:
            return [(row, Totals(count, size)) for row, count, size in session.execute(query)]

    def object(self, container: str, name: str) -> ObjectRow | None:
        with self._reading() as session:
            return find_object(session, container, name)

    def objects(self, container: str, part: Slice) -> Sequence[ObjectRow]:
        """Objects of a container by name."""
        query = (
            select(ObjectRow)
            .where(ObjectRow.container == container, *_sliced(ObjectRow.name, part))
            .order_by(ObjectRow.name)
            .limit(part.limit)
        )
        with self._reading() as session:
            return session.scalars(query).all()

    def all_objects(self, container: str) -> Sequence[ObjectRow]:
        """Every object of a container, by name."""
        query = select(ObjectRow).where(ObjectRow.container == container).order_by(ObjectRow.name)
        with self._reading() as session:
            return session.scalars(query).all()

    def receipt(self, container: str, content: str | None = None) -> ReceiptRow | None:
        """The newest receipt of a container, or that of one content of it."""
        query = select(ReceiptRow).where(ReceiptRow.container == container)
        if content is not None:
            query = query.where(ReceiptRow.content == content)
        with self._reading() as session:
            return session.scalars(query.order_by(ReceiptRow.number.desc()).limit(1)).one_or_none()

    def metadata_of(self, container: str, names: Iterable[str]) -> dict[str, tables.Metadata]:
        """Metadata of the named objects that exist, such as some users."""
        query = select(ObjectRow.name, ObjectRow.meta).where(
            ObjectRow.container == container, ObjectRow.name.in_(set(names))
        )
        with self._reading() as session:
            return dict(session.execute(query).all())

    def totals(self, container: str | None = None) -> Totals:
        """Totals of one container, or of the account."""
        query = select(func.count(ObjectRow.name), _bytes())
        if container is not None:
            query = query.where(ObjectRow.container == container)
        with self._reading() as session:
            count, size = session.execute(query).one()
            return Totals(count, size)

    def ledger_segments(self, container: str) -> Sequence[LedgerRow]:
        """What was found of a camera's ledger, by segment."""
        query = select(LedgerRow).where(LedgerRow.container == container)
        with self._reading() as session:
            return session.scalars(query.order_by(LedgerRow.segment)).all()

    def ledgers(self) -> Sequence[ContainerRow]:
        """The containers of cameras' ledgers, by name."""
        query = select(ContainerRow).where(ContainerRow.kind == ContainerKind.LEDGER)
        with self._reading() as session:
            return session.scalars(query.order_by(ContainerRow.name)).all()

    def container_count(self) -> int:
        with self._reading() as session:
            return session.scalars(select(func.count()).select_from(ContainerRow)).one()

    def recordings(self, offset: int, limit: int) -> Sequence[ContainerRow]:
        """Recordings and rejected content, the newest first."""
        query = (
            select(ContainerRow)
            .where(_shown())
            .order_by(func.coalesce(ContainerRow.trigger_on_ns, ContainerRow.created_ns).desc())
            .offset(offset)
            .limit(limit)
        )
        with self._reading() as session:
            return session.scalars(query).all()

    def recording_count(self) -> int:
        query = select(func.count()).select_from(ContainerRow).where(_shown())
        with self._reading() as session:
            return session.scalars(query).one()

    def clips(self, containers: Iterable[str]) -> Sequence[ObjectRow]:
        """The clips of several recordings, by container and name."""
        query = (
            select(ObjectRow)
            .where(ObjectRow.container.in_(list(containers)), ObjectRow.kind == ObjectKind.CLIP)
            .order_by(ObjectRow.container, ObjectRow.name)
        )
        with self._reading() as session:
            return session.scalars(query).all()


def find_object(session: Session, container: str, name: str) -> ObjectRow | None:
    """The object inside a running transaction."""
    return session.get(ObjectRow, (container, name))


def _engine(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine


@contextmanager
def _wrapped() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        if "full" in str(error.__cause__):
            raise FullError("no room left for the catalogue") from error
        raise CatalogueError(f"the catalogue can't be used: {error}") from error


def _sliced(name: InstrumentedAttribute[str], part: Slice) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if part.marker:
        chosen.append(name > part.marker)
    if part.end_marker:
        chosen.append(name < part.end_marker)
    if part.prefix:
        chosen.append(func.substr(name, 1, len(part.prefix)) == part.prefix)
    return chosen


def _bytes() -> ColumnElement[int]:
    return func.coalesce(func.sum(ObjectRow.size_bytes), 0)


def _shown() -> ColumnElement[bool]:
    return ContainerRow.kind.in_([ContainerKind.RECORDING, ContainerKind.REJECTED])
