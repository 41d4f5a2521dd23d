"""Holds the pictures of a clip against the signatures in its stream (ONVIF Media Signing).

Who uses it: the table of checks. It turns numbers of pictures into seconds of the clip, and what
the reader says of each picture into findings.
"""

from collections.abc import Iterator
from itertools import groupby

from bwv_device.evidence.certificate_chain import read_chain
from bwv_device.evidence.errors import SigningError
from bwv_device.evidence.media_signing import nal_units
from bwv_device.evidence.media_signing.errors import SeiFormatError
from bwv_device.evidence.media_signing.reading import (
    Missing,
    PictureState,
    Problem,
    ProblemKind,
    StreamReading,
)
from bwv_device.evidence.media_signing.stream_reader import StreamReader
from bwv_device.evidence.verification.evidence import Evidence
from bwv_device.evidence.verification.facts import Fact, Source
from bwv_device.evidence.verification.samples import Footage, Sample
from bwv_device.evidence.verification.signer_check import signer_findings
from bwv_device.evidence.verification.verdict import Finding
from bwv_device.evidence.verification.words import counted
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import parse_recording_container
from bwv_device.protocol.roles import DeviceRole
from bwv_device.protocol.times import rfc3339_ms

_SOURCE = Source.STREAM

_STATES: dict[PictureState, Fact] = {
    PictureState.ALTERED: Fact.PICTURE_CHANGED,
    PictureState.ADDED: Fact.PICTURE_ADDED,
    PictureState.UNSIGNED: Fact.PART_UNCOVERED,
    PictureState.NOT_COVERED: Fact.STREAM_TAIL,
}
"""What each state of pictures means; authentic ones are told together."""

_PROBLEMS: dict[ProblemKind, Fact] = {
    ProblemKind.BAD_SEI: Fact.SIGNATURE_BROKEN,
    ProblemKind.BAD_CERTIFICATES: Fact.SIGNATURE_BROKEN,
    ProblemKind.NO_KEY: Fact.SIGNATURE_BROKEN,
    ProblemKind.BAD_SIGNATURE: Fact.SIGNATURE_BROKEN,
    ProblemKind.OTHER_SIGNER: Fact.KEY_CHANGED,
    ProblemKind.LOST_SIGNATURE: Fact.PART_MISSING,
    ProblemKind.REPEATED_SIGNATURE: Fact.PICTURES_MOVED,
    ProblemKind.BROKEN_LINK: Fact.PICTURES_MOVED,
    ProblemKind.STALE_HASH: Fact.STALE_HASH,
}


def check_stream(evidence: Evidence) -> Iterator[Finding]:
    """Findings about each stretch of pictures, about signatures, and about the signer."""
    footage = evidence.body.footage
    if footage is None:
        return
    try:
        reading = _read(footage)
    except SeiFormatError as error:
        yield Finding(_SOURCE, Fact.STREAM_NOT_FEASIBLE, detail=f"{footage.codec}: {error}")
        return
    if reading.is_signed:
        yield from _signed(evidence, footage, reading)
    elif reading.seis:
        detail = ", ".join(sorted({problem.kind.value for problem in reading.problems}))
        yield Finding(_SOURCE, Fact.STREAM_NOT_FEASIBLE, detail=detail)
    else:
        yield Finding(_SOURCE, Fact.STREAM_UNSIGNED)


def _read(footage: Footage) -> StreamReading:
    """Raises `SeiFormatError` for samples that are no H.264."""
    reader = StreamReader()
    for sample in footage.samples:
        reader.add(_units(sample, footage))
    return reader.finish()


def _units(sample: Sample, footage: Footage) -> list[bytes]:
    if footage.nal_length_bytes == 0:
        return nal_units.split_annex_b(bytes(sample.data))
    if footage.nal_length_bytes != nal_units.LENGTH_BYTES:
        raise SeiFormatError(f"lengths of {footage.nal_length_bytes} bytes are not read here")
    return nal_units.split_lengths(sample.data)


def _signed(evidence: Evidence, footage: Footage, reading: StreamReading) -> Iterator[Finding]:
    yield from _signer(evidence, reading)
    yield from _pictures(footage, reading)
    for missing in reading.missing:
        yield _missing(footage, missing)
    for problem in reading.problems:
        yield _problem(footage, problem)
    if reading.parts_before > 0:
        detail = f"{counted(reading.parts_before, 'part')} before its first that are not here"
        yield Finding(_SOURCE, Fact.BEGINS_LATER, 0, 0, detail)


def _signer(evidence: Evidence, reading: StreamReading) -> Iterator[Finding]:
    try:
        chain = read_chain(reading.chain_pem or "")
    except SigningError as error:
        yield Finding(_SOURCE, Fact.SIGNER_STRANGER, detail=str(error))
        return
    signed_utc_ns = reading.to_utc_ns or 0
    role = _role(evidence.container)
    yield from signer_findings(_SOURCE, chain, evidence.trust, signed_utc_ns, role)


def _role(container: str | None) -> DeviceRole | None:
    """The device that the recording's own name states."""
    if container is None:
        return None
    try:
        return DeviceRole(parse_recording_container(container).serial)
    except ProtocolError:
        return None


def _pictures(footage: Footage, reading: StreamReading) -> Iterator[Finding]:
    """One finding a stretch of pictures in the same state; the authentic ones in one."""
    states = list(enumerate(reading.states))
    authentic = [number for number, state in states if state is PictureState.AUTHENTIC]
    if authentic:
        start_ns, end_ns = _stretch(footage, authentic[0], authentic[-1])
        detail = f"{len(authentic)} of {len(states)} pictures{_captured(reading)}"
        yield Finding(_SOURCE, Fact.STREAM_COVERED, start_ns, end_ns, detail)
    for state, group in groupby(states, key=lambda pair: pair[1]):
        if state is PictureState.AUTHENTIC:
            continue
        numbers = [number for number, _ in group]
        start_ns, end_ns = _stretch(footage, numbers[0], numbers[-1])
        yield Finding(_SOURCE, _STATES[state], start_ns, end_ns, counted(len(numbers), "picture"))


def _captured(reading: StreamReading) -> str:
    if reading.from_utc_ns is None or reading.to_utc_ns is None:
        return ""
    return f", captured {_time(reading.from_utc_ns)} to {_time(reading.to_utc_ns)}"


def _time(utc_ns: int) -> str:
    """In words; whoever signs may state any number."""
    try:
        return rfc3339_ms(utc_ns)
    except ProtocolError:
        return "a time that no calendar has"


def _stretch(footage: Footage, first: int, last: int) -> tuple[int, int]:
    return footage.samples[first].start_ns, footage.samples[last].end_ns


def _missing(footage: Footage, missing: Missing) -> Finding:
    at_ns = _at_ns(footage, missing.before_picture)
    detail = f"{missing.units}, captured about {_time(missing.from_utc_ns)}"
    return Finding(_SOURCE, Fact.PICTURE_MISSING, at_ns, at_ns, detail)


def _problem(footage: Footage, problem: Problem) -> Finding:
    at_ns = _at_ns(footage, problem.picture)
    return Finding(_SOURCE, _PROBLEMS[problem.kind], at_ns, at_ns, problem.kind.value)


def _at_ns(footage: Footage, picture: int) -> int:
    """Where a picture begins; the end of the clip for the one behind the last."""
    if 0 <= picture < len(footage.samples):
        return footage.samples[picture].start_ns
    return footage.end_ns
