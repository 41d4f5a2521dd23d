"""What a destination that wants sealed footage means to the camera, and its key files' way there.

Who uses it: the agent at its start, `push` in each round, and `delivery` for each sealed clip.
"""

import hashlib
import logging

from bwv_device.dock.errors import ClearClipError, ConnectionFileError, LostClipError
from bwv_device.dock.proof import Expected
from bwv_device.evidence.records import Clip
from bwv_device.evidence.sealing.errors import SealError
from bwv_device.evidence.sealing.key_file import load_public_key, parse_key_file
from bwv_device.evidence.sealing.rows import Recipient
from bwv_device.evidence.sidecars import key_file
from bwv_device.evidence.store import Store
from bwv_device.protocol import names
from bwv_device.protocol.connection import ConnectionFile
from bwv_device.protocol.digest import md5_hex
from bwv_device.protocol.keys import ObjectKey
from bwv_device.protocol.times import epoch_seconds, rfc3339

log = logging.getLogger(__name__)


def accept(store: Store, connection: ConnectionFile, at_utc_ns: int) -> None:
    """Let the store seal what is recorded from now on, if the destination wants that.

    Once it does, no connection file turns it off: one that does not want encryption is refused.
    Raises `ConnectionFileError`, `StoreError`.
    """
    known = store.journal.recipient()
    wanted = _recipient(connection)
    if wanted is None and known is not None:
        raise ConnectionFileError(
            f"{connection.site_name} does not want encrypted content, and this camera seals its "
            "footage: once on, that can't be turned off. Nothing is sent; ask the destination's "
            "operator for a connection file with WantEncryption"
        )
    if wanted is not None and wanted != known:
        store.journal.accept_recipient(wanted, at_utc_ns)
        log.warning("footage is sealed from now on, for the key %s", wanted.public_key_id or "?")


def _recipient(connection: ConnectionFile) -> Recipient | None:
    pem = connection.public_key_pem()
    if not connection.want_encryption or pem is None:
        return None
    try:
        load_public_key(pem)
    except SealError as error:
        raise ConnectionFileError(f"{connection.site_name}: {error}; nothing is sent") from error
    return Recipient(pem, connection.public_key_id or "")


def key_object(store: Store, clip: Clip) -> tuple[str, dict[str, str], bytes]:
    """Name, metadata and body of a sealed clip's key file.

    Raises `LostClipError` when it is gone or damaged: nothing else opens the clip.
    """
    path = key_file(store.path(clip))
    try:
        body = path.read_bytes()
        parse_key_file(body)
    except (OSError, SealError) as error:
        raise LostClipError(f"{path.name}, without which nobody opens the clip: {error}") from error
    name = names.key_object_of(store.path(clip).name)
    return name, key_metadata(clip.start_utc_ns), body


def key_metadata(start_utc_ns: int) -> dict[str, str]:
    """Metadata of a key object; `start_utc_ns` is the start of what it opens."""
    return {
        ObjectKey.START_TIME: epoch_seconds(start_utc_ns),
        ObjectKey.START_TIME_ISO: rfc3339(start_utc_ns),
        ObjectKey.FILE_TYPE: "key",
    }


def expected_of(body: bytes) -> Expected:
    """What a destination should hold of a small object."""
    return Expected(hashlib.sha256(body).hexdigest(), md5_hex(body), len(body))


def require_sealed(clip: Clip, connection_wants: bool) -> None:
    """Raise `ClearClipError` for a clip in the clear where the destination wants none."""
    if connection_wants and not clip.sealed:
        raise ClearClipError(
            "it was recorded before this camera sealed its footage, and the destination wants "
            "nothing in the clear: it stays here; take it from the card"
        )
