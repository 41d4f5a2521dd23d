"""Creating containers and changing their metadata.

Who uses it: the container handlers, through worker threads; start-up, for the fixed three.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bwv_device.evidence.durable import make_folder
from bwv_device.protocol.keys import ContainerKey
from bwv_device.protocol.names import (
    DEVICES,
    SYSTEM,
    USERS,
    ContainerKind,
    ObjectKind,
    container_kind,
    parse_ledger_container,
    parse_recording_container,
)
from dock_server import rules
from dock_server.catalogue import Catalogue, find_object
from dock_server.clock import ServerClock
from dock_server.damage import is_present
from dock_server.errors import AbsentError, ConflictError, NotStorableError
from dock_server.formats import parse_time
from dock_server.settings import Folders
from dock_server.tables import ContainerRow, Metadata, ObjectRow

FIXED = (SYSTEM, USERS, DEVICES)

INTEGER_MAX = 2**63 - 1
"""Of SQLite."""


class Containers:
    """Every method blocks: call it from a thread."""

    def __init__(self, catalogue: Catalogue, folders: Folders, clock: ServerClock) -> None:
        self._catalogue = catalogue
        self._folders = folders
        self._clock = clock

    def create_fixed(self) -> None:
        """Make sure that System, Users and Devices are there."""
        for name in FIXED:
            self.put(name, {})

    def put(self, name: str, meta: Metadata) -> bool:
        """Create the container, or merge `meta` into it; True when it is new.

        Raises `ProtocolError` for a name of no kind, `NotStorableError` for a recording of an
        unknown user or device, `ConflictError` when it is complete.
        """
        kind = container_kind(name)
        with self._catalogue.changing() as session:
            row = session.get(ContainerRow, name)
            if row is not None:
                self._change(session, row, meta)
                return False
            if kind is ContainerKind.RECORDING:
                _check_owners(session, name)
            if kind is ContainerKind.LEDGER:
                _check_device(session, parse_ledger_container(name).serial)
            row = self._new(name, kind)
            self._change(session, row, meta)
            row.created_meta = meta
            make_folder(self._folders.content / name)
            session.add(row)
            return True

    def post(self, name: str, meta: Metadata) -> bool:
        """Merge `meta`; whether the container is complete now.

        Raises `AbsentError`, `ConflictError` or `NotStorableError`.
        """
        with self._catalogue.changing() as session:
            row = session.get(ContainerRow, name)
            if row is None:
                raise AbsentError("no such container: create it first")
            self._change(session, row, meta)
            return rules.is_complete(row)

    def _change(self, session: Session, row: ContainerRow, changes: Metadata) -> None:
        new = rules.merged(row.meta, changes)
        rules.check_container_change(row, changes, new)
        if rules.is_complete(row):
            return
        if rules.becomes_complete(row, new):
            self._check_whole(session, row, new)
            row.completed_ns = self._clock.utc_ns()
        if new != row.meta:
            row.meta = new
            row.modified_ns = self._clock.utc_ns()
        if row.kind is ContainerKind.REJECTED:
            row.trigger_on_ns = _orderable(parse_time(new.get(ContainerKey.TRIGGER_ON_TIME)))

    def _check_whole(self, session: Session, row: ContainerRow, meta: Metadata) -> None:
        query = select(ObjectRow).where(ObjectRow.container == row.name)
        objects = session.scalars(query).all()
        gone = [item.name for item in objects if not is_present(self._folders, item)]
        if gone:
            raise ConflictError(f"not complete: {gone[0]} is damaged here, send it again")
        rules.check_clips(meta, sum(item.kind is ObjectKind.CLIP for item in objects))

    def _new(self, name: str, kind: ContainerKind) -> ContainerRow:
        now_ns = self._clock.utc_ns()
        recording = kind is ContainerKind.RECORDING
        trigger_on_ns = parse_recording_container(name).trigger_on_ns if recording else None
        return ContainerRow(
            name=name,
            kind=kind,
            created_ns=now_ns,
            modified_ns=now_ns,
            meta={},
            created_meta={},
            trigger_on_ns=_orderable(trigger_on_ns),
        )


def _orderable(utc_ns: int | None) -> int | None:
    """None for a time outside the years 1678 to 2261, which the database can't hold.

    A camera with a wrong clock may send one, and its footage has to be taken all the same.
    """
    return utc_ns if utc_ns is not None and -INTEGER_MAX <= utc_ns <= INTEGER_MAX else None


def _check_owners(session: Session, name: str) -> None:
    parts = parse_recording_container(name)
    if find_object(session, USERS, parts.user_id) is None:
        raise NotStorableError("the recording's user is not known: put Users/<UserID> first")
    _check_device(session, parts.serial)


def _check_device(session: Session, serial: str) -> None:
    if find_object(session, DEVICES, serial) is None:
        raise NotStorableError("the device is not known: put Devices/<serial> first")
