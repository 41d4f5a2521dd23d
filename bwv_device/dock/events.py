"""What the dock client tells while it works, as facts; whoever listens decides what to show.

Who uses it: the agent and the commands give a `Report`; it is called in the thread that pushes
and must return soon.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bwv_device.errors import Kind
from bwv_device.evidence.records import Clip, Recording
from bwv_device.protocol.capabilities import Capabilities


class Proof(StrEnum):
    """Why the device believes that the destination holds a clip's bytes."""

    SHA256 = "sha256"
    """The destination stated the SHA-256 of what it stored."""
    MD5 = "md5"
    """It stated MD5 and length, as a plain Swift does."""
    STATUS_ONLY = "status_only"
    """It said only that it went well, and the configuration takes that for enough."""


@dataclass(frozen=True, slots=True)
class Connected:
    """Signed in, and it is the right destination."""

    site_name: str
    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request failed and is tried again in `wait_s` seconds."""

    text: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a clip is on its way; told after every block, and starts anew on a repeat."""

    clip: Clip
    sent_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class ClipSent:
    """The destination holds the clip, proved, and the journal has it as acknowledged."""

    clip: Clip
    container: str
    proof: Proof
    already_there: bool
    """True when an earlier docking had brought it there and nothing was sent now."""


@dataclass(frozen=True, slots=True)
class RecordingCompleted:
    """The destination accepted `Status: Complete`, and the journal has that."""

    recording: Recording
    clip_count: int
    missing: tuple[int, ...]
    """Numbers of clips that its container does not hold."""


@dataclass(frozen=True, slots=True)
class Purged:
    """The clip was freed on the device."""

    clip: Clip


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that did not go as it should; `text` says what, and what to do."""

    kind: Kind
    text: str


class NextTry(StrEnum):
    """When it is worth while to push again."""

    NOT_NEEDED = "not_needed"
    """All that can be brought out is out."""
    SOON = "soon"
    """Something failed that passes by itself."""
    SLOWLY = "slowly"
    """A person has to act first."""


@dataclass(frozen=True, slots=True)
class PushSummary:
    """What one round came to."""

    recordings_completed: int
    clips_sent: int
    clips_already_there: int
    clips_purged: int
    bytes_sent: int
    clips_left: int
    """Clips that are still on the device, those being recorded not counted."""
    problems: tuple[Problem, ...]
    next_try: NextTry

    @property
    def ok(self) -> bool:
        """Everything is out and nothing was amiss."""
        return not self.problems and not self.clips_left


@dataclass(frozen=True, slots=True)
class Finished:
    """The round is over."""

    summary: PushSummary


DockEvent = (
    Connected | Waiting | Progress | ClipSent | RecordingCompleted | Purged | Problem | Finished
)
Report = Callable[[DockEvent], None]
