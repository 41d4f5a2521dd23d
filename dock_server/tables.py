"""The catalogue's tables, and the version of them that a directory holds.

Who uses it: `catalogue`. The version is SQLite's own `user_version`; a later version adds its
steps here (Alembic was considered: one table of statements does for one database file).
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Connection, Enum, ForeignKey, text
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from bwv_device.protocol.names import ContainerKind, ObjectKind
from dock_server.errors import StartError

APPLICATION_ID = 0x42575653
"""Marks the database as ours ("BWVS")."""

VERSION = 4
"""1: containers and objects. 2: receipts. 3: uploads. 4: cameras' ledgers."""

Metadata = dict[str, str]

NOTHING_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of no byte at all."""


def _words(kinds: type[StrEnum]) -> Enum:
    """Stored as the word itself, readable in any SQLite tool."""
    return Enum(
        kinds, native_enum=False, values_callable=lambda all_: [kind.value for kind in all_]
    )


class Base(MappedAsDataclass, DeclarativeBase):
    """Root of the tables; rows are plain dataclasses once read."""

    type_annotation_map = {  # noqa: RUF012 - as the library asks
        Metadata: JSON,
        list[str]: JSON,
        ContainerKind: _words(ContainerKind),
        ObjectKind: _words(ObjectKind),
    }


class ContainerRow(Base):
    """One container."""

    __tablename__ = "container"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[ContainerKind]
    created_ns: Mapped[int]
    modified_ns: Mapped[int]
    meta: Mapped[Metadata]
    created_meta: Mapped[Metadata]
    """As the PUT gave it: the same PUT again is a repeat, even after `Complete`."""
    trigger_on_ns: Mapped[int | None] = mapped_column(default=None, index=True)
    """Orders the page: from the name, or from the metadata of rejected content."""
    completed_ns: Mapped[int | None] = mapped_column(default=None)
    """When `Status: Complete` came; nothing changes from then on."""


class ObjectRow(Base):
    """One object whose body is durable under `content/`."""

    __tablename__ = "object"

    container: Mapped[str] = mapped_column(ForeignKey("container.name"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[ObjectKind]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    md5: Mapped[str]
    content_type: Mapped[str]
    stored_ns: Mapped[int]
    modified_ns: Mapped[int]
    meta: Mapped[Metadata]
    problem: Mapped[str | None] = mapped_column(default=None)
    """What was found wrong with the file; the object counts as absent until sent again."""


class ReceiptRow(Base):
    """A receipt that was signed, and may have been given; never changed, never removed."""

    __tablename__ = "receipt"

    device: Mapped[str] = mapped_column(primary_key=True)
    """Serial number of the camera; empty for rejected content that does not say."""
    number: Mapped[int] = mapped_column(primary_key=True)
    """Of the camera's receipts, from 1, without a gap."""
    container: Mapped[str] = mapped_column(ForeignKey("container.name"), index=True)
    content: Mapped[str]
    """What the container held, as `receipts.content_mark` tells it."""
    sha256: Mapped[str]
    """Of the text."""
    text: Mapped[str]
    """The signed document, as it is given."""
    issued_ns: Mapped[int]


class UploadRow(Base):
    """One upload that may be resumed, until it is an object, and a while longer."""

    __tablename__ = "upload"

    upload_id: Mapped[str] = mapped_column(primary_key=True)
    container: Mapped[str]
    name: Mapped[str]
    meta: Mapped[Metadata]
    content_type: Mapped[str]
    md5: Mapped[str | None]
    """As the creation stated it; so are the next two."""
    sha256: Mapped[list[str]]
    length_bytes: Mapped[int | None]
    """Of the whole; None as long as the client has not said it."""
    created_ns: Mapped[int]
    offset_bytes: Mapped[int] = mapped_column(default=0)
    """So many bytes are synced: the one number that may be told."""
    prefix_sha256: Mapped[str] = mapped_column(default=NOTHING_SHA256)
    """Of those bytes."""
    completed_ns: Mapped[int | None] = mapped_column(default=None)
    """When the object was registered, in the same transaction."""


class LedgerRow(Base):
    """What a segment of a camera's ledger was found to be; the newest one has the ledger's head."""

    __tablename__ = "ledger_segment"

    container: Mapped[str] = mapped_column(ForeignKey("container.name"), primary_key=True)
    segment: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[int]
    """Number of its first entry; 0 where it has none."""
    last: Mapped[int]
    """Number and hash of its last one, which the next segment has to go on from."""
    hash: Mapped[str]
    signed: Mapped[int]
    """Number of the newest entry that a right signature covers; 0: none."""
    findings: Mapped[str]
    """What is wrong with it, a line each; empty where nothing is."""


def prepare(connection: Connection) -> None:
    """Create the tables of a new database, or check that an old one is of this version.

    Raises `StartError` when it is newer than this software, or another program's.
    """
    version = _pragma(connection, "user_version")
    owner = _pragma(connection, "application_id")
    tables = connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one()
    if owner != APPLICATION_ID and tables:
        raise StartError("catalogue.sqlite is another program's database: choose another directory")
    if version > VERSION:
        raise StartError(
            f"the directory was written by a newer version (catalogue {version}, this one knows "
            f"{VERSION}): update this software; nothing was touched"
        )
    Base.metadata.create_all(connection)
    connection.execute(text(f"PRAGMA application_id = {APPLICATION_ID}"))
    connection.execute(text(f"PRAGMA user_version = {VERSION}"))


def _pragma(connection: Connection, name: str) -> Any:
    return connection.execute(text(f"PRAGMA {name}")).scalar_one()
