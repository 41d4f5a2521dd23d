"""The buffer certificate: what the pre-record of a recording was asked for, and what it holds.

Who uses it: the keeper makes it at the trigger, the journal keeps it with the recording's first
clip from the moment that clip is opened, the dock client sends it. A pure value.
"""

from enum import StrEnum

from pydantic import Field

from bwv_device.protocol.pictures import Fact, PictureAccount

_NS_PER_S = 1_000_000_000


class ShortCause(StrEnum):
    """Why there is less pre-record than was asked."""

    BOOTED = "Booted"
    """Capture began with the agent's start, into pre-record, and this is its first session."""
    BOOTING = "Booting"
    """The agent had just started: its first session had not begun."""
    WOKE = "Woke"
    """Capture had been off meanwhile: standby, dock."""
    STANDBY = "Standby"
    """There was no capture: the trigger itself woke the camera."""
    CAPTURE_RESTARTED = "CaptureRestarted"
    """The session before had broken off, or the process that captures had."""
    CAPTURE_FAILED = "CaptureFailed"
    """There was no capture, because the session before had broken off."""
    DIED_AT_TRIGGER = "DiedAtTrigger"
    """The process that captured ended when the recording had begun and no clip was kept yet."""
    BYTE_CAP = "ByteCap"
    """The ring had reached its ceiling of bytes."""
    CAMERA_SILENT = "CameraSilent"
    """The camera gave no picture up to the trigger, and none after it."""
    CUT_OFF = "CutOff"
    """Power or process ended, and what was on the card then is less."""
    JOURNAL_LOST = "JournalLost"
    """The clip was found without a journal."""


_TEXTS: dict[ShortCause, str] = {
    ShortCause.BOOTED: "booted, capture had begun {:.1f} s before the trigger",
    ShortCause.BOOTING: "just switched on, capture had not begun",
    ShortCause.WOKE: "woke up, capture had begun {:.1f} s before the trigger",
    ShortCause.STANDBY: "started from standby, where nothing is kept",
    ShortCause.CAPTURE_RESTARTED: (
        "capture had broken off, and had begun again {:.1f} s before the trigger"
    ),
    ShortCause.CAPTURE_FAILED: "capture had broken off, there was nothing to keep",
    ShortCause.DIED_AT_TRIGGER: "the recorder was started anew behind the trigger",
    ShortCause.BYTE_CAP: "the ring had reached its byte cap",
    ShortCause.CAMERA_SILENT: "the camera gave no picture in the last {:.1f} s before the trigger",
    ShortCause.CUT_OFF: "cut off, {:.1f} s of it are not in the clip",
    ShortCause.JOURNAL_LOST: "the journal was lost",
}


class Shortfall(Fact):
    """A cause, and the seconds that belong to it."""

    cause: ShortCause
    seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """What the text of the cause says of them; 0 where it has none."""

    def __str__(self) -> str:
        """In words for a person; the only place where they are."""
        return _TEXTS[self.cause].format(self.seconds)


class BufferCertificate(Fact):
    """The lead-up of a recording: from its first key frame to its trigger."""

    asked_ns: int = Field(ge=0)
    delivered_ns: int = Field(ge=0)
    """Media from the first picture to the trigger."""
    sound_kept: bool
    """Whether the ring keeps sound; otherwise silence lies under it up to the trigger."""
    short: Shortfall | None = None
    """None when all that was asked is there."""
    counted_up_to_ns: int = Field(le=0)
    """Up to where `pictures` counts, from the trigger: 0 for all of it. Below 0 in a clip that
    was cut off within the moment in which the last frames before its trigger were encoded."""
    pictures: PictureAccount
    """Its gaps count from the trigger, so they begin below 0."""

    def cut_to(self, media_ns: int) -> "BufferCertificate":
        """The certificate once no more than `media_ns` of the recording's media are there."""
        missing_ns = self.delivered_ns - media_ns
        if missing_ns <= 0:
            return self
        short = self.short
        if media_ns < self.asked_ns:
            short = Shortfall(cause=ShortCause.CUT_OFF, seconds=missing_ns / _NS_PER_S)
        return self.model_copy(update={"delivered_ns": media_ns, "short": short})
