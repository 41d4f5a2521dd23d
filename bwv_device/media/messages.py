"""What the recorder is told, and what it reports: plain values, so that the wire between the
two may be a queue now and a pipe between processes later.

Who uses it: the recorder and its threads; the agent reads the reports.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bwv_device.evidence.records import EndReason
from bwv_device.media.packets import EncodedPacket
from hal.interfaces.locator import Fix

if TYPE_CHECKING:
    # They bring the media libraries with them, which the agent's process does without.
    from av.video.stream import VideoStream

    from bwv_device.media.encoded_stream import Templates
    from bwv_device.media.silence import Silence

# To the keeper


@dataclass(frozen=True, slots=True)
class SourceOpened:
    """Camera and microphone deliver; packets follow."""

    templates: "Templates"
    silence: "Silence"
    """For the part of a clip whose sound is not kept."""
    frame_ns: int
    """Nominal time from frame to frame."""
    opened_ns: int
    about: str = ""
    """What a viewer has to know of the picture's stream: that no time is drawn on it. Empty for
    pictures that were drawn on and encoded here, as usual."""


@dataclass(frozen=True, slots=True)
class StreamChanged:
    """The picture goes on as another stream, which no clip can hold beside the one before: the
    next picture, a key frame, begins a clip of its own. Sound goes on as it was."""

    video: "VideoStream"
    """The template of the packets that follow."""
    at_ns: int
    about: str
    """As in `SourceOpened`."""


@dataclass(frozen=True, slots=True)
class SourceClosed:
    """No packet follows. `failure` says what broke off, None when it was asked for."""

    failure: str | None
    reopens: bool = False
    """Another source follows, because capture was asked for again meanwhile: recordings that
    were not stopped go on with it."""
    lost_frames: int = 0
    """Frames that the inbox let go behind the last one that it handed on."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin a recording with what the ring holds of the time before `trigger_ns`."""

    trigger_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on with a recording that another recorder began and could not end: in a new clip."""

    recording_id: int
    trigger_ns: int
    """The recording's own trigger."""


@dataclass(frozen=True, slots=True)
class End:
    """End the recording at `stop_ns`: the last frame is the last one before it."""

    stop_ns: int
    reason: str
    end_reason: EndReason


@dataclass(frozen=True, slots=True)
class Mark:
    """Set a bookmark at `at_ns`."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing has come for a while: time to look for what waits in vain."""


@dataclass(frozen=True, slots=True)
class Locate:
    """The camera was at `fix`."""

    fix: Fix


@dataclass(frozen=True, slots=True)
class DriftMeasured:
    """The microphone's clock runs `ppm` parts in a million fast (slow below 0), as far as is
    known by now."""

    ppm: float


KeeperMessage = (
    SourceOpened
    | StreamChanged
    | SourceClosed
    | Begin
    | Resume
    | End
    | Mark
    | Locate
    | DriftMeasured
    | Idle
    | EncodedPacket
)


# From the recorder


@dataclass(frozen=True, slots=True)
class Capturing:
    """The first frame since capture began has been encoded."""

    at_ns: int
    width_px: int
    height_px: int
    rate_hz: float


@dataclass(frozen=True, slots=True)
class CaptureFailed:
    """The camera could not be opened, or gave no first frame: nothing is captured."""

    message: str


@dataclass(frozen=True, slots=True)
class CannotBegin:
    """The camera or the microphone that is configured can't be had on this machine, whatever is
    tried; comes in the place of the first `RecorderReady`, and nothing comes behind it."""

    message: str


@dataclass(frozen=True, slots=True)
class SoundFailed:
    """The microphone could not be opened, or broke off; the picture goes on. One that was there
    is searched for, with silence in its place: `SoundBack` follows when it is back."""

    message: str


@dataclass(frozen=True, slots=True)
class SoundBack:
    """A microphone that had broken off gives sound again, after `gap_s` of silence."""

    gap_s: float


@dataclass(frozen=True, slots=True)
class CameraLost:
    """A camera that gave frames has gone: capture goes on with a slate and with sound, and the
    camera is searched for. `CameraBack` follows when it is back."""

    message: str


@dataclass(frozen=True, slots=True)
class CameraBack:
    """A lost camera gives frames again, `gap_s` after the last one."""

    gap_s: float


@dataclass(frozen=True, slots=True)
class KeyFramesSeldom:
    """A camera that encodes gives key frames more seldom than asked: clips are split, and the
    pre-record begins, in steps of `came_s`. `can_be_asked`: whether the camera takes wishes."""

    asked_s: float
    came_s: float
    can_be_asked: bool


@dataclass(frozen=True, slots=True)
class CaptureReturned:
    """A camera that had failed gives frames again."""


@dataclass(frozen=True, slots=True)
class RecorderReady:
    """The recorder takes commands, the first time since its start."""


@dataclass(frozen=True, slots=True)
class RecorderLost:
    """The process that records has died or was stalled, and is started anew. What it had
    synced is kept; `RecorderBack` follows when capture runs again."""

    message: str


@dataclass(frozen=True, slots=True)
class RecorderBack:
    """The recorder works again, `gap_s` after it was lost."""

    gap_s: float


@dataclass(frozen=True, slots=True)
class CardSilent:
    """The card does not answer; the recorder waits for it and holds what comes in memory."""

    message: str


@dataclass(frozen=True, slots=True)
class CardBack:
    """The card that did not answer has."""


@dataclass(frozen=True, slots=True)
class RecordingBegun:
    """A recording is in the journal."""

    recording_id: int
    trigger_ns: int


@dataclass(frozen=True, slots=True)
class ClipOpened:
    """A clip is on the disk, its first fragment synced or on its way."""

    file: str
    pre_record_delivered_s: float


@dataclass(frozen=True, slots=True)
class ClipClosed:
    """A clip is whole on the disk."""

    file: str
    end_reason: EndReason
    duration_s: float
    frames: int
    frames_dropped: int
    frames_skipped: int = 0
    """Left out by the rule of overload."""


@dataclass(frozen=True, slots=True)
class RecordingClosed:
    """All clips of a recording are closed."""

    container: str


@dataclass(frozen=True, slots=True)
class WritingFailed:
    """A clip could not be written on; what was synced is kept. `full`: no room is left."""

    message: str
    full: bool


@dataclass(frozen=True, slots=True)
class MemoryLow:
    """The machine's memory gets short: the ring holds at most `ring_bytes` from now on."""

    available_bytes: int
    ring_bytes: int


@dataclass(frozen=True, slots=True)
class MemoryWell:
    """The ring may be as long as is configured again."""


@dataclass(frozen=True, slots=True)
class MemoryShort:
    """At the start: what the recorder may come to is more than there is."""

    message: str


@dataclass(frozen=True, slots=True)
class RoomMade:
    """The card was short of room: clips that a destination holds were freed, and no others."""

    files: tuple[str, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class PacketsLost:
    """The disk was too slow for so long that packets had to be let go; they are counted in
    the clip as dropped frames. Reported when it begins, and when it has ended."""

    frames: int


@dataclass(frozen=True, slots=True)
class SoundLost:
    """Sound that the device lost, or that had not come when its clip was closed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class SigningFailed:
    """What is recorded has no signature, or lacks some; footage goes on, and says so of itself."""

    message: str


@dataclass(frozen=True, slots=True)
class Overloaded:
    """Encoding does not keep up with the camera: from now on `rate_hz` frames a second are
    encoded, of `full_rate_hz`, and the others are left out and counted in the clip. Reported at
    each stage, down and up; `OverloadOver` follows."""

    rate_hz: float
    full_rate_hz: float
    load: float
    """Time that encoding took, as a part of the time that there was."""


@dataclass(frozen=True, slots=True)
class OverloadOver:
    """Every frame is encoded again, after `seconds` in which `frames` were left out."""

    seconds: float
    frames: int


@dataclass(frozen=True, slots=True)
class UtcChanged:
    """UTC was set forward by `step_s` (back below 0), or somebody began to answer for it; seen at
    `at_ns`. It is right within `error_s` now, None where nobody knows. No media is moved."""

    at_ns: int
    step_s: float
    error_s: float | None


Report = (
    Capturing
    | CaptureFailed
    | CannotBegin
    | CameraLost
    | CameraBack
    | SoundFailed
    | SoundBack
    | KeyFramesSeldom
    | CaptureReturned
    | RecorderReady
    | RecorderLost
    | RecorderBack
    | CardSilent
    | CardBack
    | RecordingBegun
    | ClipOpened
    | ClipClosed
    | RecordingClosed
    | WritingFailed
    | RoomMade
    | MemoryLow
    | MemoryWell
    | MemoryShort
    | PacketsLost
    | SoundLost
    | SigningFailed
    | Overloaded
    | OverloadOver
    | UtcChanged
)
