"""Proves that journal and files agree, or says where they do not.

Who uses it: `bwv check`, and the tests after every kill. It only reads; a running agent may
go on recording meanwhile. Each rule is one function that yields what it finds, and stands
with its number in docs/design/store.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bwv_device.evidence.chain import Unit, is_whole, read_chain
from bwv_device.evidence.clip_form import form_of
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.journal import FILE_NAME, Journal
from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.manifest.signed import read_manifest
from bwv_device.evidence.receipt.signed import read_receipt, require_covers
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.evidence.sealing.errors import SealError
from bwv_device.evidence.sealing.key_file import parse_key_file
from bwv_device.evidence.sidecars import chain_file, key_file, sidecar, sidecars
from bwv_device.evidence.store import CLIPS_FOLDER
from bwv_device.protocol.names import MANIFEST_SUFFIX


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
    try:
        findings = [_broken_journal(problem) for problem in journal.problems()]
        # Files before rows: a file that comes meanwhile has had its row before it.
        files = _files(folder)
        clips = journal.clips()
        for clip in clips:
            findings += _look_at(folder, journal, clip, on_read)
        findings += _unknown_files(files, _known_files(clips))
        # A clip that is lost or damaged stays behind for good; that it is so is said above.
        findings += _receipts(journal, clips)
        named = {finding.where for finding in findings if finding.severity is Severity.WRONG}
        findings += [one for one in _completed_too_early(journal) if one.where not in named]
    except StoreError as error:
        return [_broken_journal(str(error))]
    return findings


def bytes_to_read(folder: Path, journal: Journal) -> int:
    """How many bytes `check` is going to hash, for a progress bar. Raises `StoreError`."""
    read = [clip for clip in journal.clips() if clip.state in _READ]
    return sum(clip.bytes or 0 for clip in read if (folder / clip.file).exists())


def _look_at(folder: Path, journal: Journal, clip: Clip, on_read: OnRead | None) -> list[Finding]:
    """What is found about one clip, as it is now: a running agent may move it on meanwhile."""
    while True:
        found = list(_RULES[clip.state](folder / clip.file, clip, on_read))
        now = journal.clip(clip.id)
        if not found or now.state is clip.state:
            return found
        clip = now


def _broken_journal(problem: str) -> Finding:
    """Rule 1: SQLite finds nothing wrong with the journal."""
    return Finding(
        Severity.WRONG, FILE_NAME, problem, "keep a copy of the store as it is, and report it"
    )


def _recording(path: Path, clip: Clip, _on_read: OnRead | None) -> Iterator[Finding]:
    """Rule 2: what is `recording` is being recorded, or waits for the next start."""
    what = "is being recorded" if path.exists() else "has an entry, and no file yet"
    if clip.problem:
        yield Finding(
            Severity.WRONG,
            clip.file,
            f"was cut off and could not be repaired: {clip.problem}",
            "keep the file; check the card, and start the agent again",
        )
        return
    yield Finding(
        Severity.PENDING, clip.file, what, "nothing while the agent runs; else start it once"
    )


def _kept(path: Path, clip: Clip, on_read: OnRead | None) -> Iterator[Finding]:
    """Rule 3: the bytes are there, are the bytes that were written, and hold what was counted."""
    try:
        digests, found = digest_file(path, on_read), form_of(clip.sealed).scan(path)
    except FileNotFoundError:
        yield Finding(
            Severity.WRONG,
            clip.file,
            f"the journal says {clip.state}, the file is gone",
            "put the file back from a copy, and report the loss",
        )
        return
    except OSError as error:
        yield Finding(
            Severity.WRONG, clip.file, f"can't be read: {error.strerror or error}", "check the card"
        )
        return
    changed = "the file was changed after it was recorded: keep it, and report it"
    if digests.bytes != clip.bytes:
        what, to_do = f"has {digests.bytes} bytes, the journal has {clip.bytes}", changed
    elif digests.sha256 != clip.sha256:
        what, to_do = f"its SHA-256 is {digests.sha256}, the journal has {clip.sha256}", changed
    elif found.frames != clip.frames:
        what = f"{found.frames} frames are found in it, the journal has {clip.frames}"
        to_do = "keep the file, and report it: what wrote it, or this check, is wrong"
    else:
        yield from _chained(path, clip)
        yield from _keyed(path, clip)
        yield from _vouched(path, clip)
        return
    yield Finding(Severity.WRONG, clip.file, what, to_do)


def _chained(path: Path, clip: Clip) -> Iterator[Finding]:
    """Rule 8: the chain beside a clip is the one that was written, and ends in the clip."""
    if clip.chain is None:
        return
    try:
        whole, units = is_whole(chain_file(path)), read_chain(chain_file(path))
    except OSError as error:
        what = f"its chain can't be read: {error.strerror or error}"
    else:
        if whole and units and units[-1].chain == clip.chain and _ends_in(units[-1], clip):
            return
        what = "its chain is not the one that the journal has"
    yield Finding(
        Severity.WRONG,
        clip.file,
        what,
        "keep both files, and report it: the clip itself is as it was recorded",
    )


def _keyed(path: Path, clip: Clip) -> Iterator[Finding]:
    """Rule 10: a sealed clip has its key file beside it."""
    if not clip.sealed:
        return
    try:
        parse_key_file(key_file(path).read_bytes())
        return
    except OSError as error:
        what = f"its key file can't be read ({error.strerror or error}), and nothing else opens it"
    except SealError as error:
        what = f"its key file is damaged, and nothing else opens it: {error}"
    yield Finding(Severity.WRONG, clip.file, what, "keep the card: put the file back from a copy")


def _vouched(path: Path, clip: Clip) -> Iterator[Finding]:
    """Rule 11: the manifest beside a clip is signed, and about these bytes. Whose signature it is,
    `bwv verify` says."""
    beside = sidecar(path, MANIFEST_SUFFIX)
    if not beside.exists():
        return
    try:
        stored = read_manifest(beside.read_bytes()).manifest.stored
    except OSError as error:
        what = f"its manifest can't be read: {error.strerror or error}"
    except SignedDocumentError as error:
        what = f"its manifest is damaged: {error}"
    else:
        if (stored.bytes, stored.sha256) == (clip.bytes, clip.sha256):
            return
        what = f"its manifest is about {stored.bytes} bytes with SHA-256 {stored.sha256}"
    yield Finding(Severity.WRONG, clip.file, what, "keep both files, and report it")


def _ends_in(last: Unit, clip: Clip) -> bool:
    return last.stored_end_bytes <= (clip.bytes or 0)


def _acknowledged(path: Path, clip: Clip, on_read: OnRead | None) -> Iterator[Finding]:
    """Rule 4: what a destination acknowledged is freed soon, and is unchanged until then."""
    if path.exists():
        yield from _kept(path, clip, on_read)
    waits = ": it waits for its receipt" if clip.awaits_receipt else ""
    yield Finding(
        Severity.PENDING,
        clip.file,
        f"is at the destination in {clip.destination}, and not freed yet{waits}",
        "dock the camera again",
    )


def _purged(path: Path, clip: Clip, _on_read: OnRead | None) -> Iterator[Finding]:
    """Rule 5: what was freed is gone, and a destination has it or there was nothing in it."""
    if any(file.exists() for file in (path, *sidecars(path))):
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
_READ = {ClipState.FINALISED, ClipState.SENDING, ClipState.ACKNOWLEDGED}


def _files(folder: Path) -> list[str]:
    paths = sorted((folder / CLIPS_FOLDER).rglob("*"))
    return [str(path.relative_to(folder)) for path in paths if not path.is_dir()]


def _known_files(clips: list[Clip]) -> set[str]:
    files = [Path(clip.file) for clip in clips]
    return {str(path) for file in files for path in (file, *sidecars(file))}


def _unknown_files(files: list[str], known: set[str]) -> Iterator[Finding]:
    """Rule 6: the journal knows every file, or the clip beside which it lies."""
    for name in files:
        if name not in known:
            yield Finding(
                Severity.WRONG,
                # A name may hold anything, and is going to be printed.
                name if name.isprintable() else ascii(name),
                "is in the store, and the journal does not know it",
                "start the agent: it takes a clip over as recovered; move anything else away",
            )


def _receipts(journal: Journal, clips: list[Clip]) -> Iterator[Finding]:
    """Rule 9: a clip that was freed on a receipt is in that receipt, byte for byte by its digest.

    Whose signature it is, `bwv verify` says: that takes an anchor."""
    texts = {one.id: one for one in journal.receipts()}
    for clip in clips:
        if clip.receipt_id is None:
            continue
        stored = texts[clip.receipt_id]
        try:
            receipt = read_receipt(stored.text.encode()).receipt
            require_covers(
                receipt,
                *(clip.destination or "", Path(clip.file).name, clip.bytes or 0, clip.sha256 or ""),
            )
        except SignedDocumentError as error:
            yield Finding(
                Severity.WRONG,
                clip.file,
                f"its receipt {stored.number} does not stand for it: {error}",
                "report it: the journal was changed, or what wrote it is wrong",
            )


def _completed_too_early(journal: Journal) -> Iterator[Finding]:
    """Rule 7: a recording was completed only when a destination had all its clips."""
    gone = {ClipState.ACKNOWLEDGED, ClipState.PURGED}
    for recording in journal.recordings():
        if recording.completed_utc_ns is None:
            continue
        for clip in journal.clips(recording.id):
            if clip.state not in gone:
                what = f"{recording.container} was completed while this clip is {clip.state}"
                if clip.problem is None:
                    yield Finding(Severity.WRONG, clip.file, what, "dock the camera again")
                else:
                    # The destination refused it and was told that it is missing.
                    what = f"{what}: {clip.problem}"
                    yield Finding(Severity.PENDING, clip.file, what, "a person has to act")
