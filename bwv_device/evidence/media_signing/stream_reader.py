"""Reads a stream's signatures: which pictures they cover, what is missing, altered, added.

Who uses it: `bwv verify`, the tests of the recorder, and whoever has the pictures of a clip, from
whatever file. It needs no anchor, no network and no clock.
"""

from bwv_device.evidence.media_signing.matching import Matching
from bwv_device.evidence.media_signing.reading import (
    PictureState,
    Problem,
    StreamReading,
)
from bwv_device.evidence.media_signing.signatures import Signatures
from bwv_device.evidence.media_signing.signing_time import to_utc_ns
from bwv_device.evidence.media_signing.units import FoundSei, StreamUnits, Unit, UnitKind
from bwv_device.evidence.media_signing.values import General

_WORST = (
    PictureState.ALTERED,
    PictureState.ADDED,
    PictureState.UNSIGNED,
    PictureState.NOT_COVERED,
    PictureState.AUTHENTIC,
)


class StreamReader:
    """Of one stream; one thread uses it. It holds 32 bytes a picture, and no picture."""

    def __init__(self) -> None:
        self._stream = StreamUnits()

    def add(self, units: list[bytes]) -> None:
        """Take in the next picture's units, as `nal_units` splits it."""
        self._stream.add(units)

    def finish(self) -> StreamReading:
        """No picture will come any more: what there is to say of all of them."""
        stream = self._stream
        stream.settle()
        signatures = Signatures(stream)
        valid = list(signatures.valid())
        matching = self._match(valid)
        problems = [*stream.problems, *signatures.problems, *matching.problems]
        speaking = [(found, found.sei.general) for found in valid if found.sei.general]
        return StreamReading(
            states=tuple(self._states(is_signed=bool(valid))),
            missing=tuple(matching.missing),
            problems=tuple(sorted(problems, key=_place)),
            seis=len(stream.seis) + len(stream.problems),
            valid_signatures=len(valid),
            parts_before=matching.parts_before,
            chain_pem=signatures.chain_pem,
            vendor=next((found.sei.vendor for found in valid if found.sei.vendor), None),
            from_utc_ns=_earliest(speaking),
            to_utc_ns=_latest(speaking),
        )

    def _match(self, valid: list[FoundSei]) -> Matching:
        """Those without a signature are taken as they are, and looked at again afterwards:
        a later signature covers them, or it does not."""
        stream, trusted = self._stream, {id(found) for found in valid}
        seis = [f for f in stream.seis if f.sei.signature is None or id(f) in trusted]
        matching = Matching(stream.units, seis, stream.digest)
        taken = [
            (found, matching.match(found, found.sei.general)) for found in seis if found.sei.general
        ]
        for found, units in reversed(taken):
            if found.sei.signature is None and not self._is_covered(found):
                self._withdraw(units)
        return matching

    def _is_covered(self, found: FoundSei) -> bool:
        return self._stream.units[found.units_before].state is PictureState.AUTHENTIC

    def _withdraw(self, units: range) -> None:
        for unit in self._stream.units[units.start : units.stop]:
            if unit.state is PictureState.AUTHENTIC:
                unit.state = PictureState.UNSIGNED

    def _states(self, *, is_signed: bool) -> list[PictureState]:
        if not is_signed:
            return [PictureState.UNSIGNED] * self._stream.pictures
        of_pictures: list[list[Unit]] = [[] for _ in range(self._stream.pictures)]
        for unit in self._stream.units:
            if unit.kind is not UnitKind.SEI:
                of_pictures[unit.picture].append(unit)
        return [_worst(units) for units in of_pictures]


def _worst(units: list[Unit]) -> PictureState:
    """That of a picture; one without a slice that is hashed can be covered by nothing."""
    states = {unit.state for unit in units}
    return next((state for state in _WORST if state in states), PictureState.NOT_COVERED)


def _place(problem: Problem) -> tuple[int, str]:
    return problem.picture, problem.kind


def _earliest(speaking: list[tuple[FoundSei, General]]) -> int | None:
    return min((to_utc_ns(general.start_ticks) for _, general in speaking), default=None)


def _latest(speaking: list[tuple[FoundSei, General]]) -> int | None:
    return max((to_utc_ns(general.end_ticks) for _, general in speaking), default=None)
