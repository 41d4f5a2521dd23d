"""What one round of pushing works with: the store, the destination, and the tally of it all.

Who uses it: `push` makes one, `delivery`, `rejection` and `completion` work with it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509

from bwv_device.configuration.keeping import Dock
from bwv_device.dock.describe import Identity, is_on_earth, recording_metadata
from bwv_device.dock.destination import Destination
from bwv_device.dock.events import (
    ClipSent,
    Finished,
    NextTry,
    Problem,
    Proof,
    Purged,
    PushSummary,
    RecordingCompleted,
    Report,
)
from bwv_device.dock.memory import Memory
from bwv_device.errors import BwvError, Kind
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.ledger.keeper import LedgerKeeper
from bwv_device.evidence.manifest.keeping import Manifests
from bwv_device.evidence.records import Clip, ClipState, EndReason, Recording, TrackPoint
from bwv_device.evidence.store import Store
from bwv_device.protocol.capabilities import NO_CAPABILITIES, Capabilities, Capability
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)

ON_DEVICE = frozenset({ClipState.FINALISED, ClipState.SENDING, ClipState.ACKNOWLEDGED})
TO_SEND = frozenset({ClipState.FINALISED, ClipState.SENDING})


class Step(StrEnum):
    """The points of the procedure in docs/design/dock-client.md, in order.

    A crash right behind any of them, and the same again, ends in the same state.
    """

    CONTAINER_MADE = "container_made"
    SENDING_BEGUN = "sending_begun"
    KEY_PROVED = "key_proved"
    LOOKED = "looked"
    SENT = "sent"
    PROVED = "proved"
    ACKNOWLEDGED = "acknowledged"
    REJECTION_NOTED = "rejection_noted"
    REJECTED_CONTAINER_MADE = "rejected_container_made"
    EXTRAS_SENT = "extras_sent"
    COMPLETED = "completed"
    COMPLETION_NOTED = "completion_noted"
    RECEIPT_STORED = "receipt_stored"
    PURGED = "purged"


At = Callable[[Step], None]
"""Called behind each step; tests break the round off there."""


@dataclass
class Tally:
    """Counts what happens and tells it."""

    report: Report
    recordings_completed: int = 0
    clips_sent: int = 0
    clips_already_there: int = 0
    clips_purged: int = 0
    bytes_sent: int = 0
    problems: list[Problem] = field(default_factory=list)
    next_tries: set[NextTry] = field(default_factory=set)

    def clip_sent(self, clip: Clip, container: str, proof: Proof, already_there: bool) -> None:
        if already_there:
            self.clips_already_there += 1
        else:
            self.clips_sent += 1
            self.bytes_sent += clip.bytes or 0
        self.report(ClipSent(clip, container, proof, already_there))

    def completed(self, recording: Recording, held: int, missing: tuple[int, ...]) -> None:
        self.recordings_completed += 1
        self.report(RecordingCompleted(recording, held, missing))

    def purged(self, clip: Clip) -> None:
        self.clips_purged += 1
        self.report(Purged(clip))

    def problem(self, kind: Kind, text: str) -> None:
        """Something for a person to know; it is not tried again because of this alone."""
        found = Problem(kind, text)
        self.problems.append(found)
        self.report(found)

    def failed(self, error: BwvError) -> None:
        """Something that is tried again, soon or when a person may have acted."""
        self.next_tries.add(NextTry.SOON if error.kind is Kind.RETRY else NextTry.SLOWLY)
        self.problem(error.kind, str(error))

    def finished(self, journal: Journal) -> PushSummary:
        summary = PushSummary(
            recordings_completed=self.recordings_completed,
            clips_sent=self.clips_sent,
            clips_already_there=self.clips_already_there,
            clips_purged=self.clips_purged,
            bytes_sent=self.bytes_sent,
            clips_left=sum(clip.state in ON_DEVICE for clip in journal.clips()),
            problems=tuple(self.problems),
            next_try=self._next_try(),
        )
        self.report(Finished(summary))
        return summary

    def _next_try(self) -> NextTry:
        order = (NextTry.SOON, NextTry.SLOWLY)
        return next((one for one in order if one in self.next_tries), NextTry.NOT_NEEDED)


@dataclass
class Docking:
    """One round at one destination."""

    store: Store
    destination: Destination
    memory: Memory
    clock: Clock
    identity: Identity
    settings: Dock
    tally: Tally
    at: At
    receipt_anchors: tuple[x509.Certificate, ...] = ()
    """Whose signature frees clips."""
    manifests: Manifests | None = None
    """None: those are sent that are there."""
    wants_sealed: bool = False
    """Whether the destination wants nothing in the clear."""
    ledger: LedgerKeeper | None = None
    """None for a camera that has none."""
    capabilities: Capabilities = NO_CAPABILITIES

    @property
    def gives_receipts(self) -> bool:
        """Whether the destination answers for what it holds, so that nothing else frees a clip."""
        return Capability.SIGNED_RECEIPTS in self.capabilities

    @property
    def journal(self) -> Journal:
        return self.store.journal

    def clips(self, recording: Recording) -> list[Clip]:
        """The recording's clips that ever had a frame."""
        found = self.journal.clips(recording.id)
        return [clip for clip in found if clip.end_reason is not EndReason.NOTHING_RECORDED]

    def track(self, recording: Recording) -> list[TrackPoint]:
        """Where the camera was; positions that are not on Earth stay in the journal only."""
        found = self.journal.track(recording.id)
        usable = [point for point in found if is_on_earth(point)]
        if len(usable) < len(found):
            log.error(
                "%s: %s positions are not on Earth", recording.container, len(found) - len(usable)
            )
        return usable

    def metadata(self, recording: Recording) -> dict[str, str]:
        """Metadata of the recording's container, without its status."""
        # What is sealed can't be read here, and what is not stays here.
        track = [] if self.wants_sealed else self.track(recording)
        clips = self.clips(recording)
        corrections = self.journal.clock_corrections()
        return recording_metadata(recording, clips, track, self.identity, corrections)
