"""Looks at a store after a power cut: is all that was promised there, and does the journal agree?

Run by the rig for each crash state, as `python -m tests.support.cut_judge PROMISES FOLDER FLOOR
RESULTS`, with the disk at $MNT and how many promises hold at $ACKED (at least FLOOR do). It
repairs the store twice, as two starts would, and adds one line to RESULTS. The exit code is 0 when
all is well.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from av.error import FFmpegError

from bwv_device.errors import BwvError
from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip, ClipState, Recording
from bwv_device.evidence.repair import repair
from bwv_device.evidence.store import Store
from tests.support.clips import decode
from tests.support.promises import Promise, read_promises

_LIFE = list(ClipState)
_GONE = {ClipState.ACKNOWLEDGED, ClipState.PURGED}


@dataclass
class Judgement:
    """One crash state. The lists are in words, and empty when all is well."""

    promised: int
    """Promises that held at the cut."""
    parts: int = 0
    """Synced parts of clips among them that were still the camera's to keep."""
    recovered: int = 0
    """Clips that the first repair made whole."""
    repair_s: float = 0.0
    lost: list[str] = field(default_factory=list)
    """Parts of clips, one by one, that were reported synced and are not there, byte for byte."""
    disagreements: list[str] = field(default_factory=list)
    """Between the journal, the files and what was promised of them."""
    unreadable: list[str] = field(default_factory=list)
    """Clips that do not open, or not to their last frame."""

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.disagreements or self.unreadable)


def _played(path: Path) -> int:
    """The frames that a player gets out of a clip. Raises `FFmpegError`, `OSError`."""
    return decode(path).frames


def judge(
    folder: Path, promises: list[Promise], frames_in: Callable[[Path], int] = _played
) -> Judgement:
    """Start up twice, and compare. Raises `StoreError` when the store does not open."""
    told = Judgement(len(promises))
    told.disagreements += _back_again(folder, promises)
    began_s = time.monotonic()
    store = Store.open(folder)
    try:
        told.recovered = len(repair(store))
        told.repair_s = time.monotonic() - began_s
        told.disagreements += _second_start(store)
        told.disagreements += [
            f"{found.where}: {found.what}"
            for found in check(folder, store.journal)
            if found.severity is Severity.WRONG
        ]
        told.disagreements += _broken_rows(store.journal, promises)
        _look_at_parts(store, promises, told)
        told.unreadable += _unreadable(store, frames_in)
    finally:
        store.close()
    return told


def _back_again(folder: Path, promises: list[Promise]) -> Iterator[str]:
    """What was removed for good stays so, also before any repair."""
    removed = {each["file"] for each in promises if each["kind"] == "removed"}
    yield from (f"{file} is back" for file in sorted(removed) if (folder / file).exists())


def _second_start(store: Store) -> Iterator[str]:
    """A second repair finds nothing to do, and leaves nothing undone."""
    before = (store.journal.clips(), store.journal.recordings(), _files(store.folder))
    again = repair(store)
    after = (store.journal.clips(), store.journal.recordings(), _files(store.folder))
    if again or before != after:
        yield f"the second repair changed something: {again}"
    yield from (
        f"{clip.file} is still {clip.state}: {clip.problem}"
        for clip in after[0]
        if clip.state is ClipState.RECORDING
    )
    yield from (f"{each.container} has no stop" for each in after[1] if each.trigger_off is None)


def _files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in folder.glob("clips/*/*")}


@dataclass(frozen=True)
class _Book:
    """What the journal has after the repair, for quick looks."""

    recordings: dict[int, Recording]
    clips: dict[int, Clip]
    notes: set[str]
    marks: set[tuple[int, int]]

    @classmethod
    def read(cls, journal: Journal) -> "_Book":
        recordings = {each.id: each for each in journal.recordings()}
        return cls(
            recordings,
            {clip.id: clip for clip in journal.clips()},
            {note.text for note in journal.notes()},
            {(each, mark.at_utc_ns) for each in recordings for mark in journal.bookmarks(each)},
        )

    def has_come_to(self, clip_id: int, state: ClipState) -> bool:
        """Whether the clip is in `state`, or in one that only follows it."""
        return clip_id in self.clips and _LIFE.index(self.clips[clip_id].state) >= _LIFE.index(
            state
        )


_KEPT: dict[str, Callable[[_Book, Promise], bool]] = {
    "recording": lambda book, told: (
        book.recordings[told["recording"]].container == told["container"]
    ),
    "ended": lambda book, told: book.recordings[told["recording"]].trigger_off == told["reason"],
    "clip": lambda book, told: book.clips[told["clip"]].file == told["file"],
    "finalised": lambda book, told: (
        book.has_come_to(told["clip"], ClipState.FINALISED)
        and (book.clips[told["clip"]].sha256, book.clips[told["clip"]].bytes)
        == (told["sha256"], told["bytes"])
    ),
    "state": lambda book, told: book.has_come_to(told["clip"], ClipState(told["state"])),
    "bookmark": lambda book, told: (told["recording"], told["at_utc_ns"]) in book.marks,
    "note": lambda book, told: told["text"] in book.notes,
}
"""Each kind of promise that is a row of the journal, and how to see that it was kept; a row that
is not there raises `KeyError`."""


def _broken_rows(journal: Journal, promises: list[Promise]) -> Iterator[str]:
    """What the journal was said to have, and has not."""
    book = _Book.read(journal)
    for promise in promises:
        kept = _KEPT.get(promise["kind"])
        try:
            if kept is not None and not kept(book, promise):
                yield f"not kept: {promise}"
        except KeyError:
            yield f"not even its row is there: {promise}"


def _look_at_parts(store: Store, promises: list[Promise], told: Judgement) -> None:
    """Each synced part of a clip that is still the camera's to keep."""
    states = {clip.file: clip.state for clip in store.journal.clips()}
    parts: dict[str, list[Promise]] = {}
    for promise in promises:
        if promise["kind"] == "synced":
            parts.setdefault(promise["file"], []).append(promise)
    for file, synced in parts.items():
        # What a destination has acknowledged is there. The head alone is no footage: a clip that
        # has no more is dropped by the repair.
        if states.get(file) not in _GONE and len(synced) > 1:
            told.parts += len(synced)
            told.lost += _lost_parts(store.folder / file, synced)


def _lost_parts(path: Path, synced: list[Promise]) -> Iterator[str]:
    """Each promise has the digest of all that the file had by then."""
    data = path.read_bytes() if path.is_file() else b""
    for part in synced:
        size = part["bytes"]
        if size > len(data) or hashlib.sha256(data[:size]).hexdigest() != part["sha256"]:
            yield f"{path.name}: {size} bytes were reported synced"


def _unreadable(store: Store, frames_in: Callable[[Path], int]) -> Iterator[str]:
    """Clips that are kept and do not play to their last frame."""
    for clip in store.journal.clips():
        if clip.state in (ClipState.FINALISED, ClipState.SENDING):
            try:
                frames = frames_in(store.path(clip))
            except (FFmpegError, OSError) as error:
                yield f"{clip.file}: {error}"
                continue
            if frames != clip.frames:
                yield f"{clip.file}: {frames} frames play, the journal has {clip.frames}"


def main(lines: Path, folder: str, floor: int, results: Path) -> int:
    """See the module."""
    count = max(floor, int(os.environ["ACKED"] or 0))
    store = Path(os.environ["MNT"]) / folder
    try:
        told = judge(store, read_promises(lines, count))
    except BwvError as error:
        told = Judgement(count, disagreements=[f"the store does not open: {error}"])
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(told)) + "\n")
    print(*told.lost, *told.disagreements, *told.unreadable, sep="\n")
    return 0 if told.is_well else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))
