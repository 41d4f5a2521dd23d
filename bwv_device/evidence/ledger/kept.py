"""What a camera keeps of a destination: which segments it holds, and the head of its own ledger.

Who uses it: the dock client, in the thread that pushes. The head is evidence against a destination
that rewrites its history, so it is kept in a file of its own, durably, for each destination, and
never forgotten because another one was met.
"""

import logging
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bwv_device.evidence import durable
from bwv_device.evidence.ledger.head import Head

log = logging.getLogger(__name__)

FILE_NAME = "kept.json"
_NEW, _DAMAGED = "kept.json.new", "kept.json.damaged"


class _Destination(BaseModel):
    model_config = ConfigDict(extra="ignore")
    held: set[int] = set()
    server: Head | None = None


class _State(BaseModel):
    model_config = ConfigDict(extra="ignore")
    destinations: dict[str, _Destination] = {}


class Kept:
    """The file in a ledger's folder. Every change is on the disk when the call returns; every
    method raises `StoreError` when it can't be."""

    def __init__(self, folder: Path, destination: str) -> None:
        """`destination` names one, as `dock.memory.Memory.binding` does."""
        self._folder = folder
        self._state = _read(folder)
        self._mine = self._state.destinations.setdefault(destination, _Destination())

    @property
    def held(self) -> frozenset[int]:
        """The segments that the destination has proved to hold."""
        return frozenset(self._mine.held)

    def hold(self, segment: int) -> None:
        self._mine.held.add(segment)
        self._write()

    @property
    def server(self) -> Head | None:
        """The newest head of the destination's own ledger; None before it stated one."""
        return self._mine.server

    def keep(self, head: Head) -> None:
        self._mine.server = head
        self._write()

    def _write(self) -> None:
        new = self._folder / _NEW
        with durable.disk_errors("writing", new):
            text = self._state.model_dump_json(indent=1)
            durable.replace_file(new, self._folder / FILE_NAME, text.encode())


def _read(folder: Path) -> _State:
    path = folder / FILE_NAME
    with durable.disk_errors("reading", path):
        text = path.read_bytes() if path.exists() else None
        if text is None:
            return _State()
        try:
            return _State.model_validate_json(text)
        except ValidationError:
            # The ledger itself has each head that was kept: a person can still find it.
            log.exception("%s can't be read, is set aside and begun anew", path)
            path.replace(folder / _DAMAGED)
            return _State()
