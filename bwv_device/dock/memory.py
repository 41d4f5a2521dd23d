"""What the camera remembers of its destination from docking to docking: `dock.json`.

Who uses it: `handshake` and `push`, in the thread that pushes. It holds no evidence and no
key: with the file lost, the camera asks again and sends again, and loses nothing.
"""

import hashlib
import logging
import uuid
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bwv_device.dock.errors import DockError
from bwv_device.evidence import durable
from bwv_device.protocol.capabilities import Capabilities, Capability
from bwv_device.protocol.categories import DEFAULT_CATEGORIES, Category
from bwv_device.protocol.connection import ConnectionFile

log = logging.getLogger(__name__)

FILE_NAME = "dock.json"
_NEW_FILE_NAME = "dock.json.new"
_VERSION = 1
_UPLOADS_MAX = 100
"""More are not unfinished at once: a camera sends one object after the other."""


class Why(StrEnum):
    """Why a clip is not offered to this destination again."""

    REJECTED = "rejected"
    """It refused the clip for good, and takes no rejected content."""
    UNPROVED = "unproved"
    """It took the clip and proves nothing."""
    CONFLICT = "conflict"
    """It holds something else under the clip's name."""
    CLEAR = "clear"
    """It wants sealed clips, and this one lies in the clear."""
    DAMAGED = "damaged"
    """It has a copy, marked so, of bytes that are not the ones recorded."""


class SetAside(BaseModel):
    """A clip that stays on the camera."""

    model_config = ConfigDict(frozen=True)
    why: Why
    text: str


class RejectedContent(BaseModel):
    """Where the rejected content of a recording goes."""

    model_config = ConfigDict(frozen=True)
    container: str
    at_utc_ns: int
    reason: str
    whole_recording: bool
    """The destination refuses the recording's own container, not only a clip of it."""


class BegunUpload(BaseModel):
    """Where an object's upload lies at the destination, so that it can be gone on with."""

    model_config = ConfigDict(frozen=True)
    path: str
    """On the host of the storage address."""
    sha256: str
    """Of the whole object."""


class _State(BaseModel):
    """The file's content. What stands below `binding` belongs to one destination."""

    model_config = ConfigDict(extra="ignore")
    version: int = _VERSION
    system_id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    connection_id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    binding: str = ""
    bound: bool = False
    capabilities: list[Capability] = []
    fingerprint: str = ""
    categories_utc_ns: int | None = None
    categories: list[tuple[str, str]] = []
    set_aside: dict[int, SetAside] = {}
    rejected: dict[str, RejectedContent] = {}
    uploads: dict[str, BegunUpload] = {}
    """By container and object, as `container/object`; the latest at the end."""


class Memory:
    """The memory of one store's camera. Every change is on the disk when the call returns."""

    def __init__(self, folder: Path, state: _State) -> None:
        self._folder = folder
        self._state = state

    @classmethod
    def open(cls, folder: Path) -> "Memory":
        """Read it, or begin a new one. Raises `StoreError` when the disk fails, `DockError`
        when a newer version of this software wrote it."""
        path = folder / FILE_NAME
        with durable.disk_errors("reading", path):
            text = path.read_bytes() if path.exists() else None
        return cls(folder, _State() if text is None else _parsed(path, text))

    def meet(self, connection: ConnectionFile, accept_status_only: bool) -> None:
        """Keep what was learnt from this destination, and forget what was from another.

        A destination is known by its addresses and user name. A changed connection file, or
        a changed rule of proof, gives clips that were set aside another chance.
        """
        binding, fingerprint = _marks(connection, accept_status_only)
        if self._state.binding != binding:
            self._state = _State(
                system_id=self._state.system_id,
                connection_id=self._state.connection_id,
                binding=binding,
            )
        if self._state.fingerprint != fingerprint:
            self._state.fingerprint = fingerprint
            self._state.set_aside = {}
            self._state.rejected = {
                container: content.model_copy(update={"whole_recording": False})
                for container, content in self._state.rejected.items()
            }
            self._state.categories_utc_ns = None
            self._save()

    @property
    def system_id(self) -> str:
        """This camera's own UUID as a system; made up once."""
        return self._state.system_id

    @property
    def connection_id(self) -> str:
        """What this camera leaves at a destination to know it by; never changes."""
        return self._state.connection_id

    @property
    def binding(self) -> str:
        """Names the destination: by its addresses and user name."""
        return self._state.binding

    @property
    def bound(self) -> bool:
        """Whether the system object was left at this destination."""
        return self._state.bound

    def bind(self) -> None:
        self._state.bound = True
        self._save()

    def forget_destination(self) -> None:
        """For a destination that was replaced on purpose at the same address."""
        self._state.binding, self._state.fingerprint = "", ""
        self._save()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(frozenset(self._state.capabilities))

    def learn_capabilities(self, found: Capabilities) -> Capabilities:
        """What the destination can do: what it says, and all it ever said."""
        joined = found.joined(self.capabilities)
        if joined != self.capabilities:
            self._state.capabilities = sorted(joined.supported)
            self._save()
        return joined

    @property
    def categories(self) -> tuple[Category, ...]:
        """The destination's list, or the default one."""
        found = tuple(Category(name, key) for name, key in self._state.categories)
        return found or DEFAULT_CATEGORIES

    @property
    def categories_utc_ns(self) -> int | None:
        """When the list was read, or found absent; None when it has to be read now."""
        return self._state.categories_utc_ns

    def learn_categories(self, found: tuple[Category, ...], at_utc_ns: int) -> None:
        self._state.categories = [(item.name, item.category_id) for item in found]
        self._state.categories_utc_ns = at_utc_ns
        self._save()

    def set_aside(self, clip_id: int) -> SetAside | None:
        """Why a clip is not offered again; None when it is."""
        return self._state.set_aside.get(clip_id)

    def put_aside(self, clip_id: int, why: Why, text: str) -> None:
        self._state.set_aside[clip_id] = SetAside(why=why, text=text)
        self._save()

    def rejected(self, container: str) -> RejectedContent | None:
        """Where the rejected content of the recording in `container` goes, once any was."""
        return self._state.rejected.get(container)

    def reject(self, container: str, content: RejectedContent) -> None:
        """Fixed before anything is sent, so that a repeat goes to the same place."""
        self._state.rejected[container] = content
        self._save()

    def upload(self, target: str) -> BegunUpload | None:
        """The upload of `container/object` that was begun and is not known to have ended."""
        return self._state.uploads.get(target)

    def begin_upload(self, target: str, begun: BegunUpload) -> None:
        """Fixed before a byte is sent, so that a power cut does not lose what was sent."""
        self._state.uploads.pop(target, None)
        self._state.uploads[target] = begun
        while len(self._state.uploads) > _UPLOADS_MAX:
            del self._state.uploads[next(iter(self._state.uploads))]
        self._save()

    def end_upload(self, target: str) -> None:
        """It is complete, or gone."""
        if self._state.uploads.pop(target, None) is not None:
            self._save()

    def _save(self) -> None:
        new = self._folder / _NEW_FILE_NAME
        with durable.disk_errors("writing", new):
            text = self._state.model_dump_json(indent=1)
            durable.replace_file(new, self._folder / FILE_NAME, text.encode())


def _parsed(path: Path, text: bytes) -> _State:
    try:
        state = _State.model_validate_json(text)
    except ValidationError as error:
        log.error("%s can't be read and is begun anew: %s", path, error)
        return _State()
    if state.version > _VERSION:
        raise DockError(f"{path} was written by a newer version of this software: update this one")
    return state


def _marks(connection: ConnectionFile, accept_status_only: bool) -> tuple[str, str]:
    where = [*sorted(connection.authentication_token_uri), connection.blob_api_user_name]
    binding = hashlib.sha256("\n".join(where).encode()).hexdigest()
    whole = connection.to_json() + bytes([accept_status_only])
    return binding, hashlib.sha256(whole).hexdigest()
