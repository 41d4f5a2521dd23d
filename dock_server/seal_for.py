"""For whom cameras of this destination seal their footage: an operator's public key, kept for good.

Who uses it: `serve` at start-up. The private key has no business on this machine.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bwv_device.evidence.sealing.errors import SealError
from bwv_device.evidence.sealing.key_file import load_public_key
from bwv_device.evidence.sealing.rows import Recipient
from bwv_device.protocol.documents import parse_json, to_json
from bwv_device.protocol.errors import ProtocolError
from dock_server.errors import StartError
from dock_server.private_files import write_private
from dock_server.settings import Folders

_MAX_BYTES = 16_384


class _Stored(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    public_key: str
    public_key_id: str


def load_recipient(folders: Folders, key_file: Path | None) -> Recipient | None:
    """The recipient that `key_file` (PEM) names, from now on; without one, that of an earlier
    start. None where there never was one. The key's id is the file's name without its ending.

    Raises `StartError` when a file can't be used, `OSError` when it can't be written.
    """
    if key_file is not None:
        recipient = _read(key_file)
        stored = {
            "public_key": recipient.public_key_pem,
            "public_key_id": recipient.public_key_id,
        }
        write_private(folders.seal_for, to_json(stored))
        return recipient
    return _stored(folders.seal_for) if folders.seal_for.exists() else None


def _read(key_file: Path) -> Recipient:
    try:
        pem = key_file.read_bytes().decode("ascii", "replace")
        load_public_key(pem)
    except OSError as error:
        raise StartError(f"{key_file} can't be read: {error.strerror or error}") from error
    except SealError as error:
        raise StartError(
            f"{key_file}: {error}; give the public key, not the private one"
        ) from error
    return Recipient(pem, key_file.stem)


def _stored(path: Path) -> Recipient:
    try:
        found = _Stored.model_validate(parse_json(path.read_bytes(), "key", _MAX_BYTES))
    except (ValidationError, ProtocolError) as error:
        raise StartError(f"{path} is damaged: restore it, or give --seal-for again") from error
    return Recipient(found.public_key, found.public_key_id)
