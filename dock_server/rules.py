"""What may change and what may not: the server's promises as plain decisions, no I/O.

Who uses it: `containers` and `intake`, inside the catalogue's transaction.
"""

import uuid

from bwv_device.protocol.keys import ContainerKey, ObjectKey, Status
from bwv_device.protocol.metadata import check_amount
from bwv_device.protocol.names import (
    CAPABILITIES_OBJECT,
    CATEGORIES_OBJECT,
    LEDGER_HEAD_OBJECT,
    RECEIPT_OBJECT,
    ContainerKind,
    check_name,
    check_serial,
    check_user_id,
    parse_ledger_object,
)
from dock_server.errors import AbsentError, ConflictError, ForbiddenError, NotStorableError
from dock_server.tables import ContainerRow, Metadata, ObjectRow

DOCUMENTS = (CAPABILITIES_OBJECT, CATEGORIES_OBJECT, LEDGER_HEAD_OBJECT)
"""Objects in `System` that the server itself writes."""

EVIDENCE = (ContainerKind.RECORDING, ContainerKind.REJECTED)
"""Kinds of containers that hold footage, and of which there are receipts."""

KEPT = (*EVIDENCE, ContainerKind.LEDGER)
"""Kinds of containers whose objects never change once stored."""


def merged(old: Metadata, changes: Metadata) -> Metadata:
    """Container metadata after a POST: an empty value deletes its key."""
    return check_amount({key: value for key, value in (old | changes).items() if value})


def is_complete(container: ContainerRow) -> bool:
    """Whether the recording is closed for good."""
    return container.completed_ns is not None


def becomes_complete(container: ContainerRow, meta: Metadata) -> bool:
    """Whether `meta` closes a recording that is still open."""
    asked = meta.get(ContainerKey.STATUS) == Status.COMPLETE
    return asked and container.kind is ContainerKind.RECORDING and not is_complete(container)


def check_container_change(container: ContainerRow, changes: Metadata, new: Metadata) -> None:
    """A complete recording takes only what it has, or the PUT that created it, again."""
    repeats = new == container.meta or changes == container.created_meta
    if is_complete(container) and not repeats:
        raise ConflictError("the recording is complete: its metadata can't change")


def check_clips(meta: Metadata, present: int) -> None:
    """`Complete` is believed only when as many clips are here as it says."""
    said = meta.get(ContainerKey.CLIP_COUNT)
    if said is None:
        return
    if not (said.isascii() and said.isdigit()):
        raise NotStorableError("metadata ClipCount is not a number")
    if int(said) != present:
        raise ConflictError(f"not complete: {present} of {int(said)} clips are here")


def check_object_name(kind: ContainerKind, name: str) -> None:
    """Raises `ProtocolError` or `RefusalError` when no client may write this object."""
    check_name(name, "object name")
    if kind is ContainerKind.SYSTEM:
        _check_system_object(name)
    elif kind in EVIDENCE and name == RECEIPT_OBJECT:
        raise ForbiddenError(f"{name} is given by the server")
    elif kind is ContainerKind.LEDGER:
        parse_ledger_object(name)
    elif kind is ContainerKind.USERS:
        check_user_id(name)
    elif kind is ContainerKind.DEVICES:
        check_serial(name)


def check_size(kind: ContainerKind, size_bytes: int) -> None:
    """Users, devices and systems are metadata only."""
    if kind not in KEPT and size_bytes:
        raise NotStorableError("an object in System, Users or Devices has no body")


def check_object_change(
    container: ContainerRow | None, old: ObjectRow | None, meta: Metadata, sha256: str
) -> None:
    """Raises `AbsentError` or `ConflictError` when this object may not be put here now."""
    if container is None:
        raise AbsentError("no such container: create it first")
    if old is None:
        if is_complete(container):
            raise ConflictError("the recording is complete: nothing can be added")
        return
    if container.kind in KEPT and old.sha256 != sha256:
        raise ConflictError("an object of this name with other content is stored already")
    check_metadata_change(container, old, meta)


def check_metadata_change(container: ContainerRow, old: ObjectRow, meta: Metadata) -> None:
    """Raises `ConflictError` when the object's metadata may not become `meta`."""
    if is_complete(container) and meta != old.meta:
        raise ConflictError("the recording is complete: metadata of its objects can't change")
    if meta.get(ObjectKey.SHA256, old.sha256).lower() != old.sha256:
        raise ConflictError("metadata Sha256 is not that of the stored object")
    bound = old.meta.get(ObjectKey.CONNECTION_ID)
    if bound is not None and meta.get(ObjectKey.CONNECTION_ID) != bound:
        raise ConflictError("the ConnectionId of a system never changes")


def _check_system_object(name: str) -> None:
    if name in DOCUMENTS:
        raise ForbiddenError(f"{name} is written by the server")
    try:
        uuid.UUID(name)
    except ValueError as error:
        raise NotStorableError("an object in System is named by a UUID") from error
