"""Which account, container, object or upload a path means.

Who uses it: the API's one entry, `api`. The path is taken apart before it is decoded, so an
encoded slash, `..` or NUL ends up inside a name, where `check_name` refuses it.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from aiohttp import web

from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import check_name
from dock_server.settings import STORAGE_PATH

UPLOADS = ".uploads"
"""Where uploads lie below the account; no container can have this name."""


class Level(StrEnum):
    """What a path points at."""

    ACCOUNT = "account"
    CONTAINER = "container"
    OBJECT = "object"
    UPLOAD = "upload"
    """An unfinished upload; `name` is its id."""


@dataclass(frozen=True, slots=True)
class Target:
    """A path, taken apart and checked; empty where the level has no such part."""

    level: Level
    container: str = ""
    name: str = ""


TARGET = web.RequestKey("target", Target)
"""Where `api` leaves the target for the handler."""


def parse_target(raw_path: str) -> Target:
    """The target of a still percent-encoded path below `STORAGE_PATH`; raises `ProtocolError`."""
    parts = raw_path.removeprefix(STORAGE_PATH).removeprefix("/").split("/", 1)
    container, name = (_decoded(part) for part in (*parts, "")[:2])
    if not container and not name:
        return Target(Level.ACCOUNT)
    if container == UPLOADS:
        return Target(Level.UPLOAD, name=check_name(name, "upload id"))
    check_name(container, "container name")
    if not name:
        return Target(Level.CONTAINER, container)
    return Target(Level.OBJECT, container, check_name(name, "object name"))


def upload_path(upload_id: str) -> str:
    """The path of an upload, as `Location` has it."""
    return f"{STORAGE_PATH}/{UPLOADS}/{upload_id}"


def _decoded(part: str) -> str:
    try:
        return unquote_to_bytes(part).decode("utf-8")
    except UnicodeError as error:
        raise ProtocolError("the path is not percent-encoded UTF-8") from error
