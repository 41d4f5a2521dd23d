"""A card whose power can be cut at any step, and that then forgets what was not synced.

Used by tests of everything that claims to survive a cut. Each call that changes a file or a
folder below the card's root is a step; so is each transaction of the journal. At the cut,
`PowerCut` is raised, and `forget` puts the files into a state that a real card may show:

- names (files, folders) that were made, and not synced in their folder, are gone again;
- names that were removed, and not synced in their folder, are back;
- bytes that were written, and not synced, are missing or read as zeros;
- with `Lost.ANY`, each of these by itself, in any order and torn to sectors.

What SQLite itself does is left to SQLite: a transaction is there whole, or not at all.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from bwv_device.evidence.journal import Journal


class PowerCut(BaseException):
    """Not an `Exception`: nothing may catch it and go on."""


class Lost(Enum):
    """What becomes of bytes that were not synced."""

    NOTHING = "nothing"
    """The process was killed and the power stayed: the kernel still has everything."""
    LENGTH = "length"
    """The file is as long as it was at the last sync."""
    DATA = "data"
    """The file has its new length; the new bytes are zeros."""
    ANY = "any"
    """Of each file any length that it had in turn, of each sector the old bytes, the new ones or
    zeros where there were no old ones; of each name what was synced or what is newest."""


SECTOR_BYTES = 512
"""Written whole or not at all."""


@dataclass
class Card:
    """Steps are counted from 0; with `cut_at` None nothing ever happens."""

    root: Path
    cut_at: int | None = None
    lost: Lost = Lost.LENGTH
    steps: int = 0
    names: list[str] = field(default_factory=list)
    """What each step was."""
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    """Decides what of `Lost.ANY` happens."""
    _synced: dict[Path, bytes] = field(default_factory=dict)
    """What a file held at its last sync, for each that was changed since."""
    _made: set[Path] = field(default_factory=set)
    _removed: dict[Path, bytes] = field(default_factory=dict)

    @contextmanager
    def inserted(self) -> Iterator[None]:
        """Watch, and cut, while this runs."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "open", self._opening(os.open))
            patch.setattr(os, "write", self._writing(os.write))
            patch.setattr(os, "pwrite", self._writing(os.pwrite))
            patch.setattr(os, "ftruncate", self._writing(os.ftruncate))
            patch.setattr(os, "fsync", self._syncing)
            patch.setattr(os, "fdatasync", self._syncing)
            patch.setattr(Path, "mkdir", self._making(Path.mkdir))
            patch.setattr(Path, "unlink", self._removing(Path.unlink))
            patch.setattr(Path, "rmdir", self._removing(Path.rmdir))
            patch.setattr(Journal, "_transaction", self._transacting(Journal._transaction))
            yield

    def forget(self) -> None:
        """After a `PowerCut`: what a card that was not synced may look like."""
        if self.lost is Lost.NOTHING:
            return
        for path, synced in self._synced.items():
            if path.exists():
                self._lose_bytes(path, synced)
        for path in sorted(self._made, reverse=True):
            if self._is_lost():
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for path, data in self._removed.items():
            if path.parent.is_dir() and self._is_lost():
                path.write_bytes(data)

    def _is_lost(self) -> bool:
        """Whether a name that was not synced is as before."""
        return self.lost is not Lost.ANY or self.chance.random() < 0.5

    def _lose_bytes(self, path: Path, synced: bytes) -> None:
        size = path.stat().st_size
        if self.lost is Lost.ANY:
            path.write_bytes(self._torn(synced, path.read_bytes()))
            return
        os.truncate(path, min(size, len(synced)))
        if self.lost is Lost.DATA:
            os.truncate(path, size)

    def _torn(self, old: bytes, new: bytes) -> bytes:
        """Something between the two, sector by sector."""
        size = self.chance.choice(
            (len(old), len(new), self.chance.randint(*sorted((len(old), len(new)))))
        )
        made = bytearray()
        for at in range(0, size, SECTOR_BYTES):
            sector = slice(at, min(at + SECTOR_BYTES, size))
            source = self.chance.choice((old, new))
            made += source[sector].ljust(sector.stop - at, b"\0")
        return bytes(made)

    def _step(self, name: str) -> None:
        self.names.append(name)
        self.steps += 1
        if self.cut_at is not None and self.steps > self.cut_at:
            raise PowerCut(name)

    def _has(self, path: Path) -> bool:
        return path.is_relative_to(self.root)

    def _opening(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            makes = bool(flags & os.O_CREAT) and not os.path.exists(path)
            if not makes or not self._has(Path(path)):
                return real(path, flags, *rest, **more)
            self._step(f"create {Path(path).name}")
            handle = real(path, flags, *rest, **more)
            self._made.add(Path(path))
            self._synced[Path(path)] = b""
            return handle

        return call

    def _writing(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(handle: int, what: Any, *rest: Any) -> Any:
            path = _path_of(handle)
            if not self._has(path):
                return real(handle, what, *rest)
            if path not in self._synced:
                self._synced[path] = path.read_bytes()
            try:
                self._step(f"{real.__name__} {path.name}")
            except PowerCut:
                if real.__name__ != "ftruncate":
                    real(handle, bytes(what)[: len(what) // 2], *rest)
                raise
            return real(handle, what, *rest)

        return call

    def _syncing(self, handle: int) -> None:
        path = _path_of(handle)
        if not self._has(path):
            return
        self._step(f"sync {path.name}")
        if path.is_dir():
            self._made = {made for made in self._made if made.parent != path}
            for gone in [gone for gone in self._removed if gone.parent == path]:
                del self._removed[gone]
        else:
            self._synced.pop(path, None)

    def _making(self, real: Callable[..., None]) -> Callable[..., None]:
        def call(path: Path, *rest: Any, **more: Any) -> None:
            if self._has(path):
                self._step(f"mkdir {path.name}")
                self._made.add(path)
            real(path, *rest, **more)

        return call

    def _removing(self, real: Callable[..., None]) -> Callable[..., None]:
        def call(path: Path, *rest: Any, **more: Any) -> None:
            if self._has(path) and path.exists():
                self._step(f"{real.__name__} {path.name}")
                if path.is_file() and path not in self._made:
                    self._removed[path] = path.read_bytes()
                self._made.discard(path)
                self._synced.pop(path, None)
            real(path, *rest, **more)

        return call

    def _transacting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def call(journal: Journal) -> Iterator[Any]:
            self._step("transaction")
            with real(journal) as connection:
                yield connection

        return call


def _path_of(handle: int) -> Path:
    """The file that a handle is open on."""
    return Path(os.readlink(f"/proc/self/fd/{handle}"))
