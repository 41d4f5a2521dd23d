"""The facts that the journal keeps: recordings, their clips, bookmarks and notes.

Who uses it: the recorder writes them, the dock client reads them, `bwv clips` shows them.
Times are UTC nanoseconds since 1970, durations nanoseconds of the media timeline.
"""

from dataclasses import dataclass
from enum import StrEnum

from bwv_device.protocol.buffer_certificate import BufferCertificate
from bwv_device.protocol.clip_account import ClipAccount


class ClipState(StrEnum):
    """Where a clip is in its life; it is in exactly one of these."""

    RECORDING = "recording"
    FINALISED = "finalised"
    SENDING = "sending"
    ACKNOWLEDGED = "acknowledged"
    PURGED = "purged"


LIFE_CYCLE: dict[ClipState, frozenset[ClipState]] = {
    # A clip that never got one whole fragment has nothing to keep: it goes straight to purged.
    # A destination that acknowledged a clip may turn out not to hold it any more, while it is here.
    ClipState.RECORDING: frozenset({ClipState.FINALISED, ClipState.PURGED}),
    ClipState.FINALISED: frozenset({ClipState.SENDING}),
    ClipState.SENDING: frozenset({ClipState.FINALISED, ClipState.ACKNOWLEDGED}),
    ClipState.ACKNOWLEDGED: frozenset({ClipState.PURGED, ClipState.FINALISED}),
    ClipState.PURGED: frozenset(),
}


class EndReason(StrEnum):
    """Why a clip ends where it ends."""

    STOP = "Stop"
    SPLIT = "Split"
    DOCKED = "Docked"
    SHUTDOWN = "Shutdown"
    FAULT = "Fault"
    STORAGE_FULL = "StorageFull"
    BATTERY_EMPTY = "BatteryEmpty"
    RECOVERED = "Recovered"
    """It was cut off (power, kill) and repaired at the next start."""
    NOTHING_RECORDED = "NothingRecorded"
    """It was cut off before its first fragment was whole."""


@dataclass(frozen=True, slots=True)
class NewRecording:
    """What is known of a recording at its trigger."""

    user_id: str
    user_name: str
    serial: str
    model: str
    firmware_version: str
    trigger_on: str
    trigger_on_utc_ns: int
    pre_record_asked_ns: int
    time_zone: str
    clock_run: str = ""
    """Names the run of the program in which monotonic times can be compared with each other."""
    utc_offset_ns: int | None = None
    """UTC less monotonic time at the trigger: every UTC of the recording is made from it. None
    where it is not known, in recordings that were taken over from files."""
    utc_error_ns: int | None = None
    """How far UTC may have been off at the trigger; None where nobody knew."""
    configuration_sha256: str = ""
    """Fingerprint of the settings that it was made with; empty where they are not known."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording: one trigger, one container at the destination, one or more clips."""

    id: int
    container: str
    short_id: str
    user_id: str
    user_name: str
    serial: str
    model: str
    firmware_version: str
    trigger_on: str
    trigger_on_utc_ns: int
    trigger_off: str | None
    trigger_off_utc_ns: int | None
    pre_record_asked_ns: int
    time_zone: str
    completed_utc_ns: int | None
    """When the destination accepted `Status: Complete`; None before that."""
    # The rest as in `NewRecording`.
    clock_run: str = ""
    utc_offset_ns: int | None = None
    utc_error_ns: int | None = None
    configuration_sha256: str = ""


@dataclass(frozen=True, slots=True)
class NewClip:
    """What is known of a clip when its first packet is at hand."""

    recording_id: int
    number: int
    """1 for the first clip of the recording."""
    start_utc_ns: int
    pre_record_delivered_ns: int
    """How much of the recording lies before its trigger; 0 in every clip but the first."""
    pre_record_short_reason: str | None
    frame_ns: int
    """Nominal time from frame to frame, from which lost frames are counted after a cut."""
    certificate: BufferCertificate | None = None
    """Of the recording's lead-up, with its first clip, so that a cut takes it from nobody."""
    picture_stream: str = ""
    """What a viewer has to know of the picture's stream; empty for pictures that were drawn on
    and encoded as usual."""
    start_utc_error_ns: int | None = None
    """How far `start_utc_ns` may be from UTC, as far as was known when the clip was opened; None
    where nobody knew."""
    sealed: bool = False
    """Whether its file is a ciphertext that only a private key opens, with a key file beside it."""


@dataclass(frozen=True, slots=True)
class ClipResult:
    """What is known of a clip once it is closed."""

    end_reason: EndReason
    duration_ns: int
    frames: int
    frames_dropped: int
    bytes: int
    sha256: str
    md5: str
    account: ClipAccount | None = None
    """None for a clip that was cut off: what was in memory alone is not known."""
    certificate: BufferCertificate | None = None
    """Where it is known better than when the clip was opened; None leaves that one, and the
    figures of the pre-record with it."""
    frames_skipped: int = 0
    """Frames that were captured and left out because encoding did not keep up."""
    overload: str = ""
    """When, as `evidence.overload` writes it; empty: never."""
    drift_ppm: float | None = None
    """How fast the microphone's clock ran against the capture clock; None where nobody knows."""
    chain: str | None = None
    """The last hash of the chain beside it, in hex; None where no line of it is durable."""
    clear_sha256: str | None = None
    """Of what a sealed clip holds; None for one in the clear, and where a cut has taken the key
    away before the clip was closed."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as the journal has it; the results are None while it is being recorded."""

    id: int
    recording_id: int
    number: int
    file: str
    """Path below the store's folder."""
    state: ClipState
    start_utc_ns: int
    pre_record_delivered_ns: int
    pre_record_short_reason: str | None
    frame_ns: int
    end_reason: EndReason | None
    duration_ns: int | None
    frames: int | None
    frames_dropped: int | None
    bytes: int | None
    sha256: str | None
    md5: str | None
    destination: str | None
    """Container at the destination that holds it, once acknowledged."""
    problem: str | None
    """What keeps it from moving on, in words for a person; None when all is well."""
    certificate: BufferCertificate | None = None
    """Of the recording's lead-up; in its first clip only, None before version 2 of the journal."""
    account: ClipAccount | None = None
    """None while it is being recorded, when it was cut off, and before version 2."""
    frames_skipped: int | None = None
    """Frames that were captured and left out because encoding did not keep up."""
    overload: str | None = None
    """When, as `evidence.overload` writes it; while the clip is recorded: so far."""
    start_utc_error_ns: int | None = None
    drift_ppm: float | None = None
    picture_stream: str = ""
    chain: str | None = None
    """The last hash of the chain beside it; None while it is being recorded, and in clips of
    before there were chains."""
    sealed: bool = False
    clear_sha256: str | None = None
    """As in `ClipResult`."""
    receipt_due: bool = False
    """The destination that acknowledged it gives receipts: only on one may it be freed."""
    receipt_id: int | None = None
    """The receipt that covers it."""

    @property
    def awaits_receipt(self) -> bool:
        """Whether it must not be freed yet, though a destination has acknowledged it."""
        return self.receipt_due and self.receipt_id is None


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A mark that the wearer set while recording."""

    id: int
    recording_id: int
    at_utc_ns: int


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """Where the camera was: WGS 84 degrees, accuracy in metres."""

    recording_id: int
    at_utc_ns: int
    latitude_deg: float
    longitude_deg: float
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """A receipt that was verified."""

    sha256: str
    """Of the text."""
    container: str
    anchor_sha256: str
    """Of the certificate that stands behind it: receipts are chained with those of the same."""
    device: str
    number: int
    text: str
    """The signed document, as the destination gave it."""
    received_utc_ns: int


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """A receipt as the journal has it, for good."""

    id: int
    sha256: str
    container: str
    anchor_sha256: str
    device: str
    number: int
    text: str
    received_utc_ns: int


@dataclass(frozen=True, slots=True)
class Note:
    """A fact about the device: a state change, an ignored event, a fault, a repair."""

    id: int
    at_utc_ns: int
    at_monotonic_ns: int
    kind: str
    text: str
