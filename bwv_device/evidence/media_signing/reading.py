"""What the signatures of a stream say of its pictures.

Who uses it: `stream_reader` gives it; `bwv verify`, the manifest's check and tests read it. It
is about the stream alone: whether the signer's certificate is one to be believed is asked of
`bwv_device.evidence.provenance`, with `chain_pem` and the signed times.
"""

from dataclasses import dataclass
from enum import StrEnum

from bwv_device.evidence.media_signing.values import Vendor


class PictureState(StrEnum):
    """What is known of one picture, or of one of its slices."""

    AUTHENTIC = "authentic"
    """A valid signature covers it as it is."""
    NOT_COVERED = "not covered"
    """It stands behind the last signature, as the last picture of every clip does."""
    UNSIGNED = "unsigned"
    """It stands between signatures, and the one that would cover it is not there or not valid."""
    ADDED = "added"
    """It stands among pictures of which all are covered, and no signature knows it."""
    ALTERED = "altered"
    """Another picture was signed in its place; where a part has no list of its hashes, one of
    its pictures at least."""


class ProblemKind(StrEnum):
    """What is wrong with the signatures themselves."""

    BAD_SEI = "a signing message that can't be read"
    BAD_CERTIFICATES = "certificates that can't be read"
    NO_KEY = "a signature whose certificate is not in the stream"
    BAD_SIGNATURE = "a signature that is not valid"
    OTHER_SIGNER = "a signature by another key than those before"
    LOST_SIGNATURE = "signatures are missing"
    REPEATED_SIGNATURE = "a signature that came before, or out of order"
    BROKEN_LINK = "a part that does not belong behind the one before it"
    STALE_HASH = "a hash over the list that does not fit the list, which is right"
    """As the open framework's own signer writes at the end of a stream; no alteration."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about signatures, seen at the picture with this number (the first is 0)."""

    kind: ProblemKind
    picture: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Units that were signed and are not there."""

    before_picture: int
    """They stood in front of the picture with this number; as many as there are pictures where
    they stood at the end."""
    units: int
    """How many slices; pictures where each has one."""
    from_utc_ns: int
    to_utc_ns: int
    """About when they were captured: what the signature says of its whole part."""


@dataclass(frozen=True, slots=True)
class StreamReading:
    """A whole stream."""

    states: tuple[PictureState, ...]
    """One for each picture, the worst of its slices."""
    missing: tuple[Missing, ...]
    problems: tuple[Problem, ...]
    """In order of the stream."""
    seis: int
    """Signing messages seen, also those that could not be read."""
    valid_signatures: int
    parts_before: int
    """Parts that were signed before the first one of which a picture is here: above 0, the stream
    once began earlier, or the signatures of its beginning are gone."""
    chain_pem: str | None
    """Certificates of the key that the valid signatures are from; None without one."""
    vendor: Vendor | None
    from_utc_ns: int | None
    to_utc_ns: int | None
    """What the first and the last valid signature say of when their pictures were captured."""

    @property
    def is_signed(self) -> bool:
        """Whether there is one valid signature at least."""
        return self.valid_signatures > 0

    @property
    def authentic_pictures(self) -> int:
        """How many pictures valid signatures cover."""
        return self.states.count(PictureState.AUTHENTIC)

    @property
    def not_covered_pictures(self) -> int:
        """How many pictures stand behind the last signature."""
        return self.states.count(PictureState.NOT_COVERED)

    def first(self, *states: PictureState) -> int | None:
        """The number of the first picture in one of these states."""
        return next((number for number, one in enumerate(self.states) if one in states), None)
