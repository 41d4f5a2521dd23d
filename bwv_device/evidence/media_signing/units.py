"""The hashed units of a stream in the order in which they stand, and the SEIs between them.

Who uses it: `stream_reader` fills one, `matching` compares it with what was signed. No picture
is kept, only its hashes; until the stream says by which digest, the units themselves are.
"""

from dataclasses import dataclass
from enum import Enum, auto
from hashlib import new

from bwv_device.evidence.media_signing import nal_units, sei
from bwv_device.evidence.media_signing.errors import SeiFormatError
from bwv_device.evidence.media_signing.reading import PictureState, Problem, ProblemKind

_DEFAULT_DIGEST = "sha256"
_GROUPS_TO_WAIT = 5
"""Behind so many groups without a SEI the digest is taken to be SHA-256, as the open framework
does."""


class UnitKind(Enum):
    """What a hashed unit is."""

    START = auto()
    """The first slice of a group: the anchor."""
    SLICE = auto()
    SEI = auto()
    """A signing SEI without a signature: covered by the next part."""


@dataclass(slots=True)
class Unit:
    """A hashed unit."""

    picture: int
    kind: UnitKind
    hash: bytes
    state: PictureState = PictureState.NOT_COVERED


@dataclass(slots=True)
class FoundSei:
    """A signing SEI, and where it stands."""

    sei: sei.SigningSei
    picture: int
    units_before: int
    """How many units stand before it: it can only speak of those."""


class StreamUnits:
    """What `StreamReader` has seen of a stream."""

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.seis: list[FoundSei] = []
        self.problems: list[Problem] = []
        self.pictures = 0
        self._digest: str | None = None
        self._waiting: list[bytes] = []
        self._groups = 0

    @property
    def digest(self) -> str:
        """The name of the digest by which units are hashed."""
        return self._digest or _DEFAULT_DIGEST

    def add(self, picture: list[bytes]) -> None:
        """Take in the units of the next picture."""
        number = self.pictures
        self.pictures += 1
        for unit in picture:
            if sei.is_signing(unit):
                self._add_sei(unit, number)
            elif nal_units.is_slice(unit):
                is_start = nal_units.starts_group(unit)
                self._groups += is_start
                self._add_unit(number, UnitKind.START if is_start else UnitKind.SLICE, unit)
        if self._digest is None and self._groups > _GROUPS_TO_WAIT:
            self._settle(_DEFAULT_DIGEST)

    def settle(self) -> None:
        """No picture will come any more."""
        if self._digest is None:
            self._settle(_DEFAULT_DIGEST)

    def _add_sei(self, unit: bytes, picture: int) -> None:
        try:
            found = sei.read_sei(unit)
        except SeiFormatError:
            self.problems.append(Problem(ProblemKind.BAD_SEI, picture))
            return
        if found.digest is not None and self._digest is None:
            self._settle(found.digest)
        self.seis.append(FoundSei(found, picture, len(self.units)))
        if found.signature is None:
            self._add_unit(picture, UnitKind.SEI, found.hashed)

    def _add_unit(self, picture: int, kind: UnitKind, data: bytes) -> None:
        self.units.append(Unit(picture, kind, b""))
        if self._digest is None:
            self._waiting.append(data)
        else:
            self.units[-1].hash = new(self._digest, data).digest()

    def _settle(self, digest: str) -> None:
        self._digest = digest
        waiting, self._waiting = self._waiting, []
        for unit, data in zip(self.units, waiting, strict=True):
            unit.hash = new(digest, data).digest()
