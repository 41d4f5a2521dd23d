"""What a manifest says. A pure value; its JSON has the API's style of names.

Who uses it: `make` fills it from the journal, `signed` writes and reads it, `bwv verify` holds a
clip against it. Times are UTC nanoseconds since 1970, durations nanoseconds of the media
timeline, digests lower-case hex.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from bwv_device.evidence.chain import START, chained
from bwv_device.protocol.buffer_certificate import BufferCertificate
from bwv_device.protocol.clip_account import ClipAccount
from bwv_device.protocol.pictures import Fact

VERSION = 1
UNITS_MAX = 100_000
"""Two a second for the longest clip of 4 h are 28,800."""
_LIMIT_NS = 1 << 62
_LIMIT_BYTES = 1 << 53

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(max_length=4096)]
UtcNs = Annotated[int, Field(ge=-_LIMIT_NS, le=_LIMIT_NS)]
DurationNs = Annotated[int, Field(ge=0, le=_LIMIT_NS)]
Bytes = Annotated[int, Field(ge=0, le=_LIMIT_BYTES)]
Count = Annotated[int, Field(ge=0, le=1 << 40)]


class Made(StrEnum):
    """When the manifest was made, which says how much it can vouch for."""

    AT_CLOSE = "AtClose"
    """When the recorder had closed the clip: its digests were taken while it was written."""
    AT_REPAIR = "AtRepair"
    """When a clip that had been cut off, or whose card failed, was put right: its digests are of
    what was found, and what was in memory alone is not known."""


class Device(Fact):
    """The camera."""

    serial: Text
    model: Text
    firmware_version: Text
    configuration_sha256: Sha256 | None = None
    """Of the settings that the recording was made with, as `configuration.fingerprint` writes
    them down; None for a recording of an older version."""


class Wearer(Fact):
    """Who wore it."""

    user_id: Text
    name: Text


class Trigger(Fact):
    """Why and when the recording began and ended."""

    on: Text
    on_utc_ns: UtcNs
    off: Text | None = None
    """None while the recording went on in another clip when the manifest was made."""
    off_utc_ns: UtcNs | None = None
    time_zone: Text


class Utc(Fact):
    """What the times are worth, as it was known when the manifest was made; what is learnt later
    stands in the ledger and in the metadata, and this stays."""

    basis: Text | None = None
    """One of `evidence.utc.UtcBasis`; None where a repaired journal does not say."""
    error_ns: DurationNs | None = None
    """The clip's start is this far from UTC at most; None where nobody knows."""
    correction_ns: Annotated[int, Field(ge=-_LIMIT_NS, le=_LIMIT_NS)] | None = None
    """With basis `Corrected`: to be added to every time."""
    corrected_error_ns: DurationNs | None = None


class Media(Fact):
    """What is in the clip."""

    start_utc_ns: UtcNs
    duration_ns: DurationNs
    end_reason: Text
    frames: Count
    """Pictures in the clip: with fewer, its tail is missing, whatever the signatures in the
    stream say."""
    frames_dropped: Count
    frames_skipped: Count
    overload: Annotated[str, Field(max_length=1_000_000)] = ""
    """As `evidence.overload` writes it."""
    picture_stream: Text = ""
    account: ClipAccount | None = None
    """Every gap; None for a clip that was cut off."""
    pre_record_asked_ns: DurationNs
    pre_record_delivered_ns: DurationNs
    certificate: BufferCertificate | None = None
    """The buffer certificate, with a recording's first clip."""


class Content(Fact):
    """A file, whole."""

    bytes: Bytes
    sha256: Sha256


class Unit(Fact):
    """A unit of the clip's fragment chain (`evidence.chain`): the head, or one fragment."""

    clear_end_bytes: Bytes
    """Where it ends in the clip in the clear."""
    stored_end_bytes: Bytes
    """Where it ends in the object as it is stored; another place in a sealed one."""
    frames: Count
    """Pictures up to here."""
    media_end_ns: DurationNs
    """Time of the clip up to here."""
    sha256: Sha256
    """Of the unit in the clear."""


class Manifest(Fact):
    """Everything that the camera states of one clip."""

    version: int = Field(default=VERSION, ge=1)
    container: Text
    clip: Text
    """Name of the clip's object in the container, and of its file on the card."""
    clip_number: int = Field(ge=1, le=1 << 31)
    """Place in the recording, from 1."""
    made: Made
    made_utc_ns: UtcNs
    """By the camera's clock."""
    device: Device
    wearer: Wearer
    trigger: Trigger
    utc: Utc
    media: Media
    stored: Content
    """The object as it lies on the card and at the destination."""
    clear: Content | None
    """The clip in the clear; the same as `stored` where it is not sealed. None for a sealed one
    that was cut off: the key went with the power before all of it could be hashed."""
    sealed: bool = False
    units: tuple[Unit, ...] = Field(default=(), max_length=UNITS_MAX)
    """The chain, in order; empty for a clip that has none (recorded by an older version)."""
    chain_head: Sha256 | None = None
    """The chain's last hash; None without units."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Manifest":
        if bool(self.units) != (self.chain_head is not None):
            raise ValueError("units and the chain's head must both be there or both be absent")
        if not self.sealed and self.stored != self.clear:
            raise ValueError("a clip that is not sealed has one content")
        self._check_units()
        return self

    def _check_units(self) -> None:
        for before, after in zip(self.units, self.units[1:], strict=False):
            grows = (
                before.clear_end_bytes < after.clear_end_bytes
                and before.stored_end_bytes <= after.stored_end_bytes
                and before.frames <= after.frames
                and before.media_end_ns <= after.media_end_ns
            )
            if not grows:
                raise ValueError("the units are not in order")
        head = START
        for unit in self.units:
            head = chained(head, unit.sha256)
        if self.units and head != self.chain_head:
            raise ValueError("the units do not lead to the chain's head")
