"""Brings one clip to one container and settles it in the journal: the heart of the dock.

Who uses it: `push` for a recording's own container, `rejection` for rejected content.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from bwv_device.dock.clip_body import ClipBody
from bwv_device.dock.describe import clip_metadata, damaged_clip_metadata
from bwv_device.dock.docking import Docking, Step
from bwv_device.dock.errors import (
    ClearClipError,
    ConflictError,
    DamagedClipError,
    DockError,
    LostClipError,
    NotAllowedError,
    RejectedError,
)
from bwv_device.dock.events import Progress, Proof
from bwv_device.dock.http import Answer, Body
from bwv_device.dock.manifest_object import send_manifest
from bwv_device.dock.memory import Why
from bwv_device.dock.proof import Expected, Verdict, verdict, verdict_on_look
from bwv_device.dock.sealing import expected_of, key_object, require_sealed
from bwv_device.dock.sending import send_object
from bwv_device.dock.target import Target
from bwv_device.errors import Kind
from bwv_device.evidence.records import Clip, Recording
from bwv_device.protocol.digest import REPR_DIGEST, repr_digest
from bwv_device.protocol.errors import ProtocolError

log = logging.getLogger(__name__)

HURT_ATTEMPTS = 3
"""Times that a clip is sent anew when the destination states other digests than were sent."""


class Outcome(Enum):
    """What became of a clip."""

    HELD = auto()
    """Proved and acknowledged."""
    REJECTED = auto()
    """The destination refuses it for good; nothing was settled yet."""
    UNPROVED = auto()
    """The destination took it and proves nothing: it stays on the device."""
    HELD_BACK = auto()
    """It lies in the clear, and the destination wants sealed clips: it stays on the device."""
    CONFLICT = auto()
    """The destination holds something else under its name: it stays on the device."""
    DAMAGED = auto()
    """Its bytes changed on the card. The destination has them, marked so; they stay here too."""
    LOST = auto()
    """Its file is gone or can't be read."""


@dataclass(frozen=True)
class Delivery:
    """A clip on its way to a target."""

    docking: Docking
    recording: Recording
    target: Target

    def deliver(self, clip: Clip) -> Outcome:
        """Steps 4 to 8 of the procedure. After `REJECTED`, `clip` is in state sending.

        Raises `DockError` for what may pass or stops everything; the clip is put back then.
        """
        journal = self.docking.journal
        journal.begin_sending(clip.id)
        self.docking.at(Step.SENDING_BEGUN)
        try:
            return self._settle(clip)
        except (RejectedError, ProtocolError) as error:
            log.error("%s: %s", clip.file, error)
            journal.note_problem(clip.id, str(error))
            return Outcome.REJECTED
        except LostClipError as error:
            lose(self.docking, clip, error)
            return Outcome.LOST
        except DockError as error:
            journal.put_back(clip.id, str(error))
            raise

    def _settle(self, clip: Clip) -> Outcome:
        try:
            require_sealed(clip, self.docking.wants_sealed)
            if clip.sealed and not self._key_is_held(clip):
                keep(self.docking, clip, Why.UNPROVED, _NO_PROOF)
                return Outcome.UNPROVED
            return self._deliver_whole(clip, _expected(clip))
        except ClearClipError as error:
            keep(self.docking, clip, Why.CLEAR, str(error))
            return Outcome.HELD_BACK
        except ConflictError as error:
            keep(self.docking, clip, Why.CONFLICT, str(error))
            return Outcome.CONFLICT

    def _key_is_held(self, clip: Clip) -> bool:
        """Bring a sealed clip's key file there, before the clip: without it nobody opens that.
        Whether the destination has proved that it holds it."""
        name, meta, body = key_object(self.docking.store, clip)
        expected = expected_of(body)
        proof = self._look(name, expected).proof
        if proof is None:
            what = f"the key of clip {clip.number}"
            put = partial(self._put, name, meta, body, expected, "application/json")
            proof = self._in_time(what, partial(self._send, name, expected, put))
        self.docking.at(Step.KEY_PROVED)
        return proof is not None

    def _in_time(self, what: str, send: Callable[[], Proof | None]) -> Proof | None:
        """Send something that the destination does not have yet. Raises `RejectedError` where the
        container was called complete without it."""
        late = RejectedError(f"{self.target.container} was called complete without {what}", 409)
        if self.target.closed and not self.docking.gives_receipts:
            raise late
        try:
            return send()
        except ConflictError as error:
            # A destination that gives receipts takes back in what it has lost, and no more.
            raise late if self.target.closed else error from error

    def _deliver_whole(self, clip: Clip, expected: Expected) -> Outcome:
        proof = self._look(self._name(clip), expected).proof
        already_there = proof is not None
        self.docking.at(Step.LOOKED)
        if proof is None:
            send = partial(self._send_clip, clip, expected, self._metadata(clip))
            try:
                proof = self._in_time(f"clip {clip.number}", send)
            except DamagedClipError as error:
                return self._deliver_damaged(clip, error)
        if proof is None:
            keep(self.docking, clip, Why.UNPROVED, _NO_PROOF)
            return Outcome.UNPROVED
        self.docking.at(Step.PROVED)
        send_manifest(self.docking, self.target, clip)
        due = self.docking.gives_receipts
        self.docking.journal.acknowledge(clip.id, self.target.container, receipt_due=due)
        self.docking.at(Step.ACKNOWLEDGED)
        self.docking.tally.clip_sent(clip, self.target.container, proof, already_there)
        return Outcome.HELD

    def _metadata(self, clip: Clip) -> dict[str, str]:
        return clip_metadata(self.recording, clip, self.docking.journal.clock_corrections())

    def _name(self, clip: Clip) -> str:
        return self.docking.store.path(clip).name

    def _look(self, name: str, expected: Expected) -> Verdict:
        """What the destination has under that name; silent when it lets nobody look.

        It is asked before sending because an earlier docking may have brought it there and lost
        only the answer.
        """
        try:
            found = self.docking.destination.look(self.target.container, name)
        except (RejectedError, NotAllowedError) as error:
            log.warning("no looking at %s: %s", name, error)
            return Verdict.SILENT
        return verdict_on_look(found.headers, expected) if found else Verdict.ABSENT

    def _send_clip(self, clip: Clip, expected: Expected, meta: dict[str, str]) -> Proof | None:
        path = self.docking.store.path(clip)
        report, total = self.docking.tally.report, expected.size_bytes
        body = ClipBody(path, expected, lambda sent: report(Progress(clip, sent, total)))
        put = partial(self._put, path.name, meta, body, expected, "video/mp4")
        return self._send(path.name, expected, put)

    def _send(self, name: str, expected: Expected, put: Callable[[], Answer]) -> Proof | None:
        """Send an object until the destination's digests agree with ours; None without a proof.

        Raises `ConflictError` when they never do.
        """
        for _ in range(HURT_ATTEMPTS):
            said = self._send_once(name, expected, put)
            if said in (Verdict.SHA256, Verdict.MD5, Verdict.SILENT):
                return said.proof or self._status_only()
            log.error("%s: the destination does not hold what was sent", name)
        raise ConflictError(
            f"{self.target.container}/{name}: sent {HURT_ATTEMPTS} "
            "times, and the destination still holds other bytes: ask its operator",
            409,
        )

    def _send_once(self, name: str, expected: Expected, put: Callable[[], Answer]) -> Verdict:
        try:
            said = verdict(put().headers, expected)
        except ConflictError:
            # Refused because something is there: that may be this very object.
            if self._look(name, expected).proof is None:
                raise
            said = Verdict.SILENT
        self.docking.at(Step.SENT)
        if said is Verdict.SHA256:
            return said
        looked = self._look(name, expected)
        return said if looked is Verdict.SILENT else looked

    def _put(
        self, name: str, meta: dict[str, str], body: bytes | Body, expected: Expected, kind: str
    ) -> Answer:
        headers = {
            "Content-Type": kind,
            "ETag": expected.md5,
            REPR_DIGEST: repr_digest(expected.sha256),
        }
        return send_object(
            self.docking,
            self.recording,
            self.target.container,
            name,
            meta | self.target.extra,
            body,
            headers,
            self.target.create,
        )

    def _status_only(self) -> Proof | None:
        return Proof.STATUS_ONLY if self.docking.settings.accept_status_only else None

    def _deliver_damaged(self, clip: Clip, error: DamagedClipError) -> Outcome:
        """Bring out what is left of it, marked so; the device keeps the card's bytes."""
        now = Expected(error.found.sha256, error.found.md5, error.found.bytes)
        meta = damaged_clip_metadata(
            self.recording,
            clip,
            now.sha256,
            "the file changed on the camera after recording",
            self.docking.journal.clock_corrections(),
        )
        try:
            if self._look(self._name(clip), now).proof is None:
                self._send_clip(clip, now, meta)
        except DamagedClipError as again:
            raise LostClipError(f"{again}; it changes from reading to reading") from again
        send_manifest(self.docking, self.target, clip)
        text = f"{error}: the destination has a copy that is marked as damaged; keep the card"
        keep(self.docking, clip, Why.DAMAGED, text)
        return Outcome.DAMAGED


def keep(docking: Docking, clip: Clip, why: Why, text: str) -> None:
    """sending -> finalised: leave it on the device, and do not offer it to this destination
    again."""
    docking.memory.put_aside(clip.id, why, text)
    docking.journal.put_back(clip.id, text)
    docking.tally.problem(Kind.FAULT, f"{clip.file}: {text}")


def lose(docking: Docking, clip: Clip, error: LostClipError) -> None:
    """sending -> finalised: say that it can't be brought out until its file is back."""
    text = f"{error}: the recording goes out without it; put the file back from a copy"
    docking.journal.put_back(clip.id, text)
    docking.tally.problem(Kind.FAULT, f"{clip.file}: {text}")


_NO_PROOF = (
    "the destination took the clip and states no digest of what it stored, so the copy here is "
    "kept: use a destination that does, or set dock.accept_status_only"
)


def _expected(clip: Clip) -> Expected:
    return Expected(clip.sha256 or "", clip.md5 or "", clip.bytes or 0)
