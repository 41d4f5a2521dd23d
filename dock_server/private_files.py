"""Small files that only the server's user may read: the key, and the connection file.

Who uses it: `cli` at start-up.
"""

import os
import secrets
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bwv_device.evidence.durable import create_new, remove, sync_folder, write_all
from bwv_device.evidence.identity.credential import pem
from bwv_device.protocol.categories import DEFAULT_CATEGORIES, Category, parse_categories
from bwv_device.protocol.connection import BY_CERTIFICATE, build_connection_file
from bwv_device.protocol.documents import first_problem, parse_json, to_json
from bwv_device.protocol.errors import ProtocolError
from bwv_device.version import VERSION
from dock_server.authority.authority import Authority
from dock_server.errors import StartError
from dock_server.settings import AUTH_PATH, Credentials, Folders, ServerSettings

KEY_BYTES = 32
DEFAULT_USER = "bwv"
_MAX_BYTES = 4096


class _Stored(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    user: str
    key: str


def write_private(path: Path, data: bytes) -> None:
    """Replace `path` in one step, durably, with mode 0600. Raises `OSError`."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = create_new(temporary)
    try:
        write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(temporary, path)
    sync_folder(path.parent)


def load_credentials(folders: Folders, user_name: str | None) -> Credentials:
    """The stored user and key, made at the first start; `user_name` renames the user.

    Raises `StartError` when the file can't be used.
    """
    path = folders.credentials
    stored = _read_credentials(path) if path.exists() else None
    user = user_name or (stored.user if stored else DEFAULT_USER)
    key = stored.key if stored else secrets.token_urlsafe(KEY_BYTES)
    if stored is None or stored.user != user:
        write_private(path, to_json({"user": user, "key": key}))
    return Credentials(user, key)


def load_categories(folders: Folders) -> tuple[Category, ...]:
    """The operator's list, or the default one. Raises `StartError` naming what is wrong."""
    path = folders.categories
    if not path.exists():
        return DEFAULT_CATEGORIES
    try:
        return parse_categories(path.read_bytes())
    except ProtocolError as error:
        raise StartError(f"{path}: {error}") from error


def write_connection_files(
    folders: Folders,
    base_url: str,
    settings: ServerSettings,
    authority: Authority | None,
    receipt_anchors_pem: str,
) -> Path | None:
    """Write the file that a camera needs, and beside certificates the one with the account's key,
    where that is wanted: its path, else None.

    Raises `StartError` for a name over the limits.
    """
    build = partial(
        build_connection_file,
        uris=[base_url + AUTH_PATH],
        user_name=settings.credentials.user_name,
        site_name=settings.site_name,
        application=("bwv-device dock server", VERSION),
        certificates_pem=() if authority is None else (pem(authority.certificate),),
        receipt_anchors_pem=(receipt_anchors_pem,),
        seal_for=_seal_for(settings),
    )
    key = settings.credentials.key
    try:
        file, with_key = build(key=key if authority is None else BY_CERTIFICATE), build(key=key)
    except ProtocolError as error:
        raise StartError(str(error)) from error
    write_private(folders.connection_file, file.to_json())
    if authority is None or not settings.passwords:
        remove(folders.passwords_file)
        return None
    write_private(folders.passwords_file, with_key.to_json())
    return folders.passwords_file


def _seal_for(settings: ServerSettings) -> tuple[str, str] | None:
    recipient = settings.recipient
    return None if recipient is None else (recipient.public_key_pem, recipient.public_key_id)


def _read_credentials(path: Path) -> _Stored:
    try:
        return _Stored.model_validate(parse_json(path.read_bytes(), "credentials", _MAX_BYTES))
    except ValidationError as error:
        problem = first_problem(error, "credentials")
    except ProtocolError as error:
        problem = error
    raise StartError(f"{path}: {problem}: restore the file, or remove it to have a new key made")
