"""What can be found about a clip, as a table: each fact with what it does to the verdict.

Who uses it: the checks state facts, the judge looks their effects up, screen and report look
their words up. Nobody else decides what a fact means.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Source(StrEnum):
    """Which kind of evidence a finding is about."""

    FILE = "file"
    SEAL = "seal"
    STREAM = "stream"
    MANIFEST = "manifest"
    RECEIPT = "receipt"
    LEDGER = "ledger"


class Effect(IntEnum):
    """What a fact does to the verdict; the greatest decides."""

    NONE = 0
    """Worth telling."""
    PROVES = 1
    """A signature covers something."""
    TAIL = 2
    """Nothing covers the end, or the end is gone."""
    HOLE = 3
    """Something that was there before is missing."""
    UNCOVERED = 4
    """No signature covers it."""
    UNVOUCHED = 5
    """Nobody says who may sign."""
    CHANGED = 6
    """Bytes contradict a signature."""
    STRANGER = 7
    """Somebody signed for whom no anchor vouches."""
    UNREADABLE = 8
    """There is no clip to look at."""


class Fact(StrEnum):
    """One thing that was found. The values are for machines and never change."""

    UNREADABLE = "unreadable"
    REPACKED = "repacked"
    TORN_TAIL = "torn-tail"
    DAMAGED = "damaged"

    SEALED = "sealed"
    OPENED = "opened"
    NOT_OPENED = "not-opened"
    SEAL_ENDS_EARLY = "seal-ends-early"

    SOUND_UNCOVERED = "sound-uncovered"
    STREAM_COVERED = "stream-covered"
    STREAM_UNSIGNED = "stream-unsigned"
    STREAM_NOT_FEASIBLE = "stream-not-feasible"
    STREAM_TAIL = "stream-tail"
    BEGINS_LATER = "begins-later"
    PICTURE_CHANGED = "picture-changed"
    PICTURE_ADDED = "picture-added"
    PICTURES_MOVED = "pictures-moved"
    PICTURE_MISSING = "picture-missing"
    PART_MISSING = "part-missing"
    PART_UNCOVERED = "part-uncovered"
    STALE_HASH = "stale-hash"
    SIGNATURE_BROKEN = "signature-broken"
    KEY_CHANGED = "key-changed"

    SIGNER = "signer"
    SIGNER_EXPIRED = "signer-expired"
    SIGNER_UNVOUCHED = "signer-unvouched"
    SIGNER_STRANGER = "signer-stranger"
    SIGNER_NOT_VALID_THEN = "signer-not-valid-then"
    SIGNER_REVOKED = "signer-revoked"
    SIGNER_REVOKED_LATER = "signer-revoked-later"
    SIGNING_TIME_ODD = "signing-time-odd"
    SIGNER_OTHER_DEVICE = "signer-other-device"

    MANIFEST_ABSENT = "manifest-absent"
    MANIFEST_BROKEN = "manifest-broken"
    MANIFEST_OF_ANOTHER = "manifest-of-another"
    FILE_IS_SIGNED = "file-is-signed"
    SEALED_FILE_IS_SIGNED = "sealed-file-is-signed"
    FILE_DIFFERS = "file-differs"
    UNITS_COVERED = "units-covered"
    UNIT_CHANGED = "unit-changed"
    UNIT_ADDED = "unit-added"
    UNITS_MISSING = "units-missing"
    UNITS_MISSING_AT_END = "units-missing-at-end"
    FRAMES_MISSING = "frames-missing"
    FRAMES_TOO_MANY = "frames-too-many"
    CAPTURE_GAPS = "capture-gaps"
    TIME_UNCERTAIN = "time-uncertain"

    RECEIPT_ABSENT = "receipt-absent"
    RECEIPT_GOOD = "receipt-good"
    RECEIPT_BROKEN = "receipt-broken"
    RECEIPT_DIFFERS = "receipt-differs"
    RECEIPT_SILENT = "receipt-silent"
    RECEIPT_UNVOUCHED = "receipt-unvouched"

    LEDGER_ABSENT = "ledger-absent"
    LEDGER_NAMES_CLIP = "ledger-names-clip"
    LEDGER_SILENT = "ledger-silent"
    LEDGER_BROKEN = "ledger-broken"
    LEDGER_DIFFERS = "ledger-differs"
    LEDGER_UNVOUCHED = "ledger-unvouched"


@dataclass(frozen=True, slots=True)
class Row:
    """What a fact does, and which other facts take its weight from it."""

    effect: Effect
    settled_by: frozenset[Fact] = frozenset()


_WHOLE = frozenset({Fact.FILE_IS_SIGNED, Fact.SEALED_FILE_IS_SIGNED})
"""A signature over the digest of the whole file: whatever is in it is covered by that."""

_EACH_UNIT = _WHOLE | {Fact.UNITS_COVERED}
"""Each unit that is here is one of the signed chain: that covers what the stream's own signature
does not reach, and its alarm at the edges of what was cut out is an echo."""

_SAID_BY_UNITS = frozenset({Fact.UNITS_COVERED})
"""The signed chain says to the byte which units are gone, and each that is here is one of it."""

ROWS: dict[Fact, Row] = {
    Fact.UNREADABLE: Row(Effect.UNREADABLE),
    Fact.REPACKED: Row(Effect.NONE),
    Fact.TORN_TAIL: Row(Effect.TAIL),
    Fact.DAMAGED: Row(Effect.CHANGED, _WHOLE),
    Fact.SEALED: Row(Effect.NONE),
    Fact.OPENED: Row(Effect.NONE),
    Fact.NOT_OPENED: Row(Effect.UNREADABLE, frozenset({Fact.SEALED_FILE_IS_SIGNED})),
    Fact.SEAL_ENDS_EARLY: Row(Effect.TAIL),
    Fact.SOUND_UNCOVERED: Row(Effect.NONE, _EACH_UNIT),
    Fact.STREAM_COVERED: Row(Effect.PROVES),
    Fact.STREAM_UNSIGNED: Row(Effect.UNCOVERED, _EACH_UNIT),
    Fact.STREAM_NOT_FEASIBLE: Row(Effect.UNCOVERED, _EACH_UNIT),
    Fact.STREAM_TAIL: Row(Effect.TAIL, _EACH_UNIT),
    Fact.BEGINS_LATER: Row(Effect.HOLE, _EACH_UNIT),
    Fact.PICTURE_CHANGED: Row(Effect.CHANGED),
    Fact.PICTURE_ADDED: Row(Effect.CHANGED),
    Fact.PICTURES_MOVED: Row(Effect.CHANGED),
    Fact.PICTURE_MISSING: Row(Effect.HOLE, _SAID_BY_UNITS),
    Fact.PART_MISSING: Row(Effect.HOLE, _SAID_BY_UNITS),
    Fact.PART_UNCOVERED: Row(Effect.CHANGED, _EACH_UNIT),
    Fact.STALE_HASH: Row(Effect.NONE),
    Fact.SIGNATURE_BROKEN: Row(Effect.CHANGED),
    Fact.KEY_CHANGED: Row(Effect.STRANGER),
    Fact.SIGNER: Row(Effect.NONE),
    Fact.SIGNER_EXPIRED: Row(Effect.NONE),
    Fact.SIGNER_UNVOUCHED: Row(Effect.UNVOUCHED),
    Fact.SIGNER_STRANGER: Row(Effect.STRANGER),
    Fact.SIGNER_NOT_VALID_THEN: Row(Effect.STRANGER),
    Fact.SIGNER_REVOKED: Row(Effect.STRANGER),
    Fact.SIGNER_REVOKED_LATER: Row(Effect.NONE),
    Fact.SIGNING_TIME_ODD: Row(Effect.NONE),
    Fact.SIGNER_OTHER_DEVICE: Row(Effect.STRANGER),
    Fact.MANIFEST_ABSENT: Row(Effect.NONE),
    Fact.MANIFEST_BROKEN: Row(Effect.CHANGED),
    Fact.MANIFEST_OF_ANOTHER: Row(Effect.CHANGED),
    Fact.FILE_IS_SIGNED: Row(Effect.PROVES),
    Fact.SEALED_FILE_IS_SIGNED: Row(Effect.PROVES),
    Fact.FILE_DIFFERS: Row(Effect.CHANGED),
    Fact.UNITS_COVERED: Row(Effect.PROVES),
    Fact.UNIT_CHANGED: Row(Effect.CHANGED),
    Fact.UNIT_ADDED: Row(Effect.CHANGED),
    Fact.UNITS_MISSING: Row(Effect.HOLE),
    Fact.UNITS_MISSING_AT_END: Row(Effect.TAIL),
    Fact.FRAMES_MISSING: Row(Effect.TAIL),
    Fact.FRAMES_TOO_MANY: Row(Effect.CHANGED),
    Fact.CAPTURE_GAPS: Row(Effect.NONE),
    Fact.TIME_UNCERTAIN: Row(Effect.NONE),
    Fact.RECEIPT_ABSENT: Row(Effect.NONE),
    Fact.RECEIPT_GOOD: Row(Effect.NONE),
    Fact.RECEIPT_BROKEN: Row(Effect.CHANGED),
    Fact.RECEIPT_DIFFERS: Row(Effect.CHANGED, _SAID_BY_UNITS),
    Fact.RECEIPT_SILENT: Row(Effect.NONE),
    Fact.RECEIPT_UNVOUCHED: Row(Effect.NONE),
    Fact.LEDGER_ABSENT: Row(Effect.NONE),
    Fact.LEDGER_NAMES_CLIP: Row(Effect.NONE),
    Fact.LEDGER_SILENT: Row(Effect.NONE),
    Fact.LEDGER_BROKEN: Row(Effect.CHANGED),
    Fact.LEDGER_DIFFERS: Row(Effect.CHANGED, _SAID_BY_UNITS),
    Fact.LEDGER_UNVOUCHED: Row(Effect.NONE),
}
