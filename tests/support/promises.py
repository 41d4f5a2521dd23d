"""What a running recorder has promised to keep, written down where a power cut does not reach.

Used by tests that cut the power. While `heard` runs, each call that promises something durable
(a synced part of a clip, a row of the journal, a file that is gone) is noted once it has
returned. In the rig's guest that is a line in a file, then the count of lines in the
acknowledgement that the rig logs with every write of the disk: so a crash state knows how many of
the lines hold for it.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import ClipState
from bwv_device.evidence.store import Store
from bwv_device.media.fragment_file import FragmentFile

Promise = dict[str, Any]
"""`kind`, and what the kind has beside it: see `_Hearing`."""


Note = Callable[..., None]
"""Called with the kind of a promise and its values, from the thread that was promised it."""


@contextmanager
def heard(note: Note) -> Iterator[None]:
    """Note what is promised while this runs."""
    hearing = _Hearing(note)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FragmentFile, "commit", hearing.commit(FragmentFile.commit))
        patch.setattr(Store, "remove_file", hearing.remove_file(Store.remove_file))
        for name in _ROWS:
            patch.setattr(Journal, name, hearing.row(name, getattr(Journal, name)))
        yield


class PromiseFiles:
    """The two files: `lines`, one JSON object each, and `acked`, a number of at most 64 bytes."""

    def __init__(self, job: Path, holding: Sequence[Promise] = ()) -> None:
        """`promises` and `acked` below `job`. `holding`: promises of an earlier run, which hold
        from the beginning."""
        self._lines = (job / "promises").open("a", encoding="utf-8")
        self._acked = os.open(job / "acked", os.O_WRONLY | os.O_CREAT, 0o644)
        self._lock = threading.Lock()
        self._count = 0
        for promise in holding:
            self._lines.write(json.dumps(promise) + "\n")
            self._count += 1

    def note(self, kind: str, **values: object) -> None:
        """From any thread, behind what it promises."""
        with self._lock:
            self._lines.write(json.dumps({"kind": kind, **values}) + "\n")
            self._lines.flush()
            self._count += 1
            # One write, and never a shorter one than before: the rig may read at any moment.
            os.pwrite(self._acked, b"%12d" % self._count, 0)

    def close(self) -> None:
        self._lines.close()
        os.close(self._acked)


def read_promises(lines: Path, count: int) -> list[Promise]:
    """The first `count` of them."""
    with lines.open(encoding="utf-8") as file:
        read = [json.loads(line) for _, line in zip(range(count), file, strict=False)]
    assert len(read) == count, f"{count} were acknowledged, {len(read)} are written down"
    return read


def _recording(made: Any, _arguments: tuple[Any, ...]) -> Promise:
    return {"recording": made.id, "container": made.container}


def _ended(_made: Any, arguments: tuple[Any, ...]) -> Promise:
    return {"recording": arguments[0], "reason": arguments[1]}


def _clip(made: Any, _arguments: tuple[Any, ...]) -> Promise:
    return {"clip": made.id, "file": made.file}


def _finalised(_made: Any, arguments: tuple[Any, ...]) -> Promise:
    clip_id, result = arguments
    return {"clip": clip_id, "sha256": result.sha256, "bytes": result.bytes}


def _state(state: ClipState) -> Callable[[Any, tuple[Any, ...]], Promise]:
    return lambda _made, arguments: {"clip": arguments[0], "state": state.value}


def _bookmark(_made: Any, arguments: tuple[Any, ...]) -> Promise:
    return {"recording": arguments[0], "at_utc_ns": arguments[1]}


def _note(_made: Any, arguments: tuple[Any, ...]) -> Promise:
    return {"text": arguments[3]}


_ROWS: dict[str, tuple[str, Callable[[Any, tuple[Any, ...]], Promise]]] = {
    "add_recording": ("recording", _recording),
    "end_recording": ("ended", _ended),
    "add_clip": ("clip", _clip),
    "finalise_clip": ("finalised", _finalised),
    "drop_empty_clip": ("state", _state(ClipState.PURGED)),
    "begin_sending": ("state", _state(ClipState.SENDING)),
    "acknowledge": ("state", _state(ClipState.ACKNOWLEDGED)),
    "purge": ("state", _state(ClipState.PURGED)),
    "add_bookmark": ("bookmark", _bookmark),
    "add_note": ("note", _note),
}
"""The journal's calls that a recorder and a docking make: what each one promises."""


class _Hearing:
    """Wraps each call so that it is noted once it has returned."""

    def __init__(self, note: Note) -> None:
        self._note = note

    def commit(self, real: Callable[[FragmentFile], int]) -> Callable[[FragmentFile], int]:
        """A part of a clip: so many bytes of the file, with the digest of all of them."""

        def call(file: FragmentFile) -> int:
            added = real(file)
            if added:
                digests = file._digester.result()
                path = f"clips/{file._path.parent.name}/{file._path.name}"
                self._note("synced", file=path, bytes=digests.bytes, sha256=digests.sha256)
            return added

        return call

    def remove_file(self, real: Callable[..., None]) -> Callable[..., None]:
        """A file that is gone for good."""

        def call(store: Store, clip: Any) -> None:
            real(store, clip)
            self._note("removed", file=clip.file)

        return call

    def row(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """A transaction of the journal."""
        kind, describe = _ROWS[name]

        def call(journal: Journal, *arguments: Any) -> Any:
            made = real(journal, *arguments)
            if not (name == "add_recording" and made is None):
                self._note(kind, **describe(made, arguments))
            return made

        return call
