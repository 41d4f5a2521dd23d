"""What camera and destination tell each other before footage moves.

Who uses it: `push`, once a round. The order is that of the protocol: capabilities, is it the
right destination, categories, the camera, its wearers.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace

from bwv_device.dock import describe
from bwv_device.dock.docking import Docking
from bwv_device.dock.errors import (
    DockError,
    LicenceError,
    NetworkError,
    RejectedError,
    UndockedError,
    WrongDestinationError,
)
from bwv_device.dock.http import Answer
from bwv_device.evidence.adopt import UNKNOWN
from bwv_device.evidence.records import Recording
from bwv_device.protocol import metadata, names
from bwv_device.protocol.capabilities import (
    ALL_CAPABILITIES,
    NO_CAPABILITIES,
    Capabilities,
    Capability,
    parse_capabilities,
)
from bwv_device.protocol.categories import DEFAULT_CATEGORIES, parse_categories
from bwv_device.protocol.connection import ConnectionFile
from bwv_device.protocol.digest import md5_hex, parse_etag
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ObjectKey
from hal.interfaces.clock import NS_PER_S

log = logging.getLogger(__name__)

CATEGORIES_EVERY_S = 24 * 3600


def greet(docking: Docking, connection: ConnectionFile, recordings: Iterable[Recording]) -> None:
    """Sign in, learn what the destination can do, and make camera and wearers known to it.

    Raises `DockError`; `WrongDestinationError` when it is not the one of earlier dockings.
    """
    docking.destination.sign_in()
    docking.capabilities = _capabilities(docking, connection)
    _check_system(docking)
    _read_categories(docking)
    recordings = list(recordings)
    _register_devices(docking, recordings)
    for user_id, user_name in _wearers(docking, recordings).items():
        _register_wearer(docking, user_id, user_name)


def _capabilities(docking: Docking, connection: ConnectionFile) -> Capabilities:
    if connection.full_store_and_read_support:
        return ALL_CAPABILITIES
    answer = docking.destination.read(names.SYSTEM, names.CAPABILITIES_OBJECT)
    return docking.memory.learn_capabilities(_read_capabilities(answer))


def _read_capabilities(answer: Answer | None) -> Capabilities:
    """Without a whole document, with a body that its Etag does not fit: nothing is supported."""
    if answer is None:
        return NO_CAPABILITIES
    try:
        if parse_etag(answer.headers.get("Etag", "")) != md5_hex(answer.body):
            raise ProtocolError("its Etag is not the MD5 of its body")
        return parse_capabilities(answer.body)
    except ProtocolError as error:
        log.error("%s is corrupt, nothing is taken from it: %s", names.CAPABILITIES_OBJECT, error)
        return NO_CAPABILITIES


def _check_system(docking: Docking) -> None:
    """The object that this camera left at its destination must be there still.

    1. Look at `System/<SystemID>`. 2. On the first docking there, leave it. 3. Later, stop when
    it is gone or holds another id: it is another destination, or one that lost its content.
    """
    if Capability.STORE_READ_SYSTEM_ID not in docking.capabilities:
        return
    memory = docking.memory
    answer = docking.destination.look(names.SYSTEM, memory.system_id)
    if answer is None and not memory.bound:
        values = describe.system_metadata(docking.identity, memory.connection_id)
        docking.destination.put(names.SYSTEM, memory.system_id, values)
    elif answer is None or not _says(answer, ObjectKey.CONNECTION_ID, memory.connection_id):
        found = "is gone" if answer is None else "holds another ConnectionId"
        raise WrongDestinationError(
            "this is not the destination that the camera was bound to: "
            f"{names.SYSTEM}/{memory.system_id} {found}. Nothing was sent. Check the address; if "
            "the destination was replaced on purpose, make the camera forget it"
        )
    if not memory.bound:
        memory.bind()


def _read_categories(docking: Docking) -> None:
    """Once a day. A list that can't be had is no reason to hold footage back."""
    if not docking.capabilities.reads_categories or not _categories_are_old(docking):
        return
    try:
        answer = docking.destination.read(names.SYSTEM, names.CATEGORIES_OBJECT)
        found = DEFAULT_CATEGORIES if answer is None else parse_categories(answer.body)
    except (UndockedError, NetworkError):
        raise
    except (DockError, ProtocolError) as error:
        log.error("no new categories, the last ones stay: %s", error)
        return
    docking.memory.learn_categories(found, docking.clock.utc_ns())


def _categories_are_old(docking: Docking) -> bool:
    read_utc_ns = docking.memory.categories_utc_ns
    if read_utc_ns is None:
        return True
    age_ns = docking.clock.utc_ns() - read_utc_ns
    # A clock that was set back makes the list look as if it came from the future.
    return not 0 <= age_ns < CATEGORIES_EVERY_S * NS_PER_S


def _register_devices(docking: Docking, recordings: Iterable[Recording]) -> None:
    """This camera, and any other whose footage is on the card: serials change, cards move."""
    values = describe.device_metadata(docking.identity)
    _register(docking, names.DEVICES, names.check_serial(docking.identity.serial), values)
    others = {one.serial: one.model for one in recordings}
    others.pop(docking.identity.serial, None)
    for serial, model in others.items():
        if docking.destination.look(names.DEVICES, serial) is None:
            other = describe.device_metadata(
                replace(docking.identity, serial=serial, model=model, device_name="")
            )
            docking.destination.put(names.DEVICES, serial, other)


def _wearers(docking: Docking, recordings: Iterable[Recording]) -> dict[str, str]:
    """Name by id of everybody whose footage is here; the newest name of each is the right one."""
    found: dict[str, str] = {}
    for recording in recordings:
        if recording.user_name != UNKNOWN or recording.user_id not in found:
            found[recording.user_id] = recording.user_name
    found[docking.identity.user_id] = docking.identity.user_name
    return found


def _register_wearer(docking: Docking, user_id: str, user_name: str) -> None:
    """One wearer that the destination does not take is no reason to hold others back."""
    try:
        values = describe.user_metadata(user_name)
        _register(docking, names.USERS, names.check_user_id(user_id), values)
    except (LicenceError, RejectedError, ProtocolError) as error:
        docking.tally.failed(error)


def _register(docking: Docking, container: str, name: str, values: dict[str, str]) -> None:
    """Leave an object for a wearer or camera, unless it is there with these values.

    A name that only a repaired journal gives never replaces a real one.
    """
    answer = docking.destination.look(container, name)
    if answer is not None and values.get(ObjectKey.NAME) == UNKNOWN:
        return
    if answer is None or not all(_says(answer, key, value) for key, value in values.items()):
        docking.destination.put(container, name, values)


def _says(answer: Answer, key: str, value: str) -> bool:
    try:
        return metadata.decode(answer.headers.items()).get(key) == value
    except ProtocolError as error:
        log.warning("metadata can't be read: %s", error)
        return False
