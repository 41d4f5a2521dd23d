"""Proves that journal and files agree, or says where they do not.

Who uses it: `bwv check`, and the tests after every kill. It only reads; a running agent may
go on recording meanwhile. Each rule is one function that yields what it finds, and stands
with its number in docs/design/store.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.fragments import scan
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.evidence.store import CLIPS_FOLDER


class Severity(StrEnum):
    """`wrong` breaks an invariant; `pending` is put right by the next start or docking."""

    WRONG = "wrong"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement, and what to do about it."""

    severity: Severity
    where: str
    what: str
    to_do: str


OnRead = Callable[[int], None]


def check(folder: Path, journal: Journal, on_read: OnRead | None = None) -> list[Finding]:
    """Look at every clip and every file below `folder`; `on_read` is told bytes hashed."""
    findings = [
        Finding(Severity.WRONG, "journal.sqlite", problem, "restore the journal from a copy")
        for problem in journal.problems()
    ]
    clips = journal.clips()
    for clip in clips:
        findings.extend(_RULES[clip.state](folder / clip.file, clip, on_read))
    findings.extend(_unknown_files(folder, {clip.file for clip in clips}))
    findings.extend(_completed_too_early(journal))
    return findings


def _recording(path: Path, clip: Clip, _on_read: OnRead | None) -> Iterator[Finding]:
    what = "is being recorded" if path.exists() else "was cut off before its file existed"
    yield Finding(
        Severity.PENDING, clip.file, what, "nothing while the agent runs; else start it once"
    )


def _kept(path: Path, clip: Clip, on_read: OnRead | None) -> Iterator[Finding]:
    """The bytes are there, and are the bytes that were written."""
    if not path.exists():
        yield Finding(
            Severity.WRONG,
            clip.file,
            f"the journal says {clip.state}, the file is gone",
            "put the file back from a copy; the loss is reported at the next docking",
        )
        return
    try:
        digests, found = digest_file(path, on_read), scan(path)
    except OSError as error:
        yield Finding(Severity.WRONG, clip.file, f"can't be read: {error}", "check the card")
        return
    if digests.sha256 != clip.sha256:
        yield Finding(
            Severity.WRONG,
            clip.file,
            f"its SHA-256 is {digests.sha256}, the journal has {clip.sha256}",
            "the file was changed after it was recorded: keep it, and report it",
        )
    elif found.frames != clip.frames or found.whole_bytes != found.file_bytes:
        yield Finding(
            Severity.WRONG,
            clip.file,
            f"holds {found.frames} frames, the journal has {clip.frames}",
            "keep the file, and report it",
        )


def _acknowledged(path: Path, clip: Clip, on_read: OnRead | None) -> Iterator[Finding]:
    if path.exists():
        yield from _kept(path, clip, on_read)
    yield Finding(
        Severity.PENDING,
        clip.file,
        f"is at the destination in {clip.destination}, and not freed yet",
        "dock the camera again",
    )


def _purged(path: Path, clip: Clip, _on_read: OnRead | None) -> Iterator[Finding]:
    if path.exists():
        yield Finding(
            Severity.PENDING, clip.file, "was freed, its file is still there", "start the agent"
        )
    if clip.destination is None and clip.end_reason is not EndReason.NOTHING_RECORDED:
        yield Finding(
            Severity.WRONG,
            clip.file,
            "was freed, and no destination ever acknowledged it",
            "report it: footage is missing",
        )


_RULES: dict[ClipState, Callable[[Path, Clip, OnRead | None], Iterator[Finding]]] = {
    ClipState.RECORDING: _recording,
    ClipState.FINALISED: _kept,
    ClipState.SENDING: _kept,
    ClipState.ACKNOWLEDGED: _acknowledged,
    ClipState.PURGED: _purged,
}


def _unknown_files(folder: Path, known: set[str]) -> Iterator[Finding]:
    for path in sorted((folder / CLIPS_FOLDER).rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and name not in known:
            yield Finding(
                Severity.WRONG,
                name,
                "is in the store, and the journal does not know it",
                "start the agent: it takes the file over as a recovered clip",
            )


def _completed_too_early(journal: Journal) -> Iterator[Finding]:
    gone = {ClipState.ACKNOWLEDGED, ClipState.PURGED}
    for recording in journal.recordings():
        if recording.completed_utc_ns is None:
            continue
        for clip in journal.clips(recording.id):
            if clip.state not in gone:
                yield Finding(
                    Severity.WRONG,
                    clip.file,
                    f"{recording.container} was completed while this clip is {clip.state}",
                    "dock the camera again",
                )
