"""Who may do what: the table of docs/design/identity.md as plain decisions, no I/O.

Who uses it: `api`, before any handler. A client with the account's key may do what the API says; a
device may describe and fill its own recordings and look whether they arrived, and nothing else.
What is not in the table is refused, so a new kind of request is closed until somebody opens it.
"""

from collections.abc import Mapping

from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ContainerKey
from bwv_device.protocol.names import (
    RECEIPT_OBJECT,
    ContainerKind,
    container_kind,
    parse_ledger_container,
    parse_recording_container,
)
from dock_server import rules
from dock_server.errors import ForbiddenError
from dock_server.principals import Device, Principal
from dock_server.target import Level, Target

_LOOK_AND_WRITE = frozenset({"HEAD", "PUT", "POST", "OPTIONS"})
_REGISTER = frozenset({"HEAD", "PUT"})
_MAKE = frozenset({"PUT"})
_READ = frozenset({"GET", "HEAD"})

_DEVICE: Mapping[tuple[Level, ContainerKind], frozenset[str]] = {
    (Level.CONTAINER, ContainerKind.SYSTEM): _MAKE,
    (Level.CONTAINER, ContainerKind.USERS): _MAKE,
    (Level.CONTAINER, ContainerKind.DEVICES): _MAKE,
    (Level.CONTAINER, ContainerKind.RECORDING): _LOOK_AND_WRITE,
    (Level.CONTAINER, ContainerKind.REJECTED): _LOOK_AND_WRITE,
    (Level.CONTAINER, ContainerKind.LEDGER): _REGISTER,
    (Level.OBJECT, ContainerKind.SYSTEM): _REGISTER,
    (Level.OBJECT, ContainerKind.USERS): _REGISTER,
    (Level.OBJECT, ContainerKind.DEVICES): _REGISTER,
    (Level.OBJECT, ContainerKind.RECORDING): _LOOK_AND_WRITE,
    (Level.OBJECT, ContainerKind.REJECTED): _LOOK_AND_WRITE,
    (Level.OBJECT, ContainerKind.LEDGER): _REGISTER,
}
"""Methods of a device on what is its own; `_is_own` says what that is."""


def check(principal: Principal, method: str, target: Target) -> None:
    """Raises `ForbiddenError` unless `principal` may do this there.

    Whose a container of rejected content is, its name does not say: `check_owner` decides that.
    """
    if not isinstance(principal, Device):
        return
    if method not in _allowed(target):
        raise ForbiddenError(f"{principal} may not {method} this")
    if not _is_own(principal, target):
        raise ForbiddenError(f"{principal} may not touch what is another's")


def check_owner(principal: Device, *descriptions: Mapping[str, str]) -> None:
    """Raises `ForbiddenError` unless rejected content is this device's.

    `descriptions` are the container's metadata as stored and as the request would have it, where
    there are such; one at least has to say the serial number, and none another.
    """
    said = {one[_SERIAL] for one in descriptions if _SERIAL in one}
    if said != {principal.serial}:
        raise ForbiddenError(f"{principal} may not touch rejected content that is not its own")


def is_rejected(target: Target) -> bool:
    """Whether `check_owner` has to decide."""
    return bool(target.container) and _kind(target) is ContainerKind.REJECTED


_SERIAL = ContainerKey.BWC_SERIAL_NUMBER


def _allowed(target: Target) -> frozenset[str]:
    kind = _kind(target)
    if kind is None:
        return frozenset()
    if target.level is Level.OBJECT and kind in rules.EVIDENCE and target.name == RECEIPT_OBJECT:
        return _READ
    if target.level is Level.OBJECT and kind is ContainerKind.SYSTEM:
        return _READ if target.name in rules.DOCUMENTS else _REGISTER
    return _DEVICE.get((target.level, kind), frozenset())


def _is_own(device: Device, target: Target) -> bool:
    kind = _kind(target)
    if kind is ContainerKind.RECORDING:
        return parse_recording_container(target.container).serial == device.serial
    if kind is ContainerKind.LEDGER:
        return parse_ledger_container(target.container).serial == device.serial
    if kind is ContainerKind.DEVICES and target.level is Level.OBJECT:
        return target.name == device.serial
    return True


def _kind(target: Target) -> ContainerKind | None:
    """None for a name of no kind, which is nobody's."""
    try:
        return container_kind(target.container)
    except ProtocolError:
        return None
