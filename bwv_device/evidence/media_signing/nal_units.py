"""NAL units of H.264: where they begin, what they are, and the bytes that keep them apart.

Who uses it: signer and reader of Media Signing. Names and numbers are those of ITU-T H.264,
table 7-1, annex B and clause 7.4.1. Hand-written because PyAV gives packets, not their units,
and this room has to work where no media library is installed.
"""

import re
from collections.abc import Iterator

from bwv_device.evidence.media_signing.errors import SeiFormatError

SLICE, PARTITION_A, PARTITION_C, IDR, SEI = 1, 2, 4, 5, 6
START_CODE = b"\x00\x00\x00\x01"
LENGTH_BYTES = 4
"""Of the length before each unit in MP4, as FFmpeg and all cameras we know write it."""

_SHORT_START = b"\x00\x00\x01"
_TO_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")
_ESCAPED = re.compile(rb"\x00\x00\x03")


def kind(unit: bytes) -> int:
    """The type of a unit, which has one byte at least."""
    return unit[0] & 0x1F


def is_slice(unit: bytes) -> bool:
    """Whether Media Signing hashes the unit as a part of the picture."""
    return kind(unit) in (SLICE, IDR)


def is_primary(unit: bytes) -> bool:
    """Whether a slice is the first of its picture: `first_mb_in_slice` is zero, coded as 1."""
    return len(unit) > 1 and unit[1] & 0x80 != 0


def starts_group(unit: bytes) -> bool:
    """Whether a group of pictures begins with this unit."""
    return kind(unit) == IDR and is_primary(unit)


def split_annex_b(data: bytes) -> list[bytes]:
    """The units between start codes, without zeros at their ends. Bytes before the first start
    code are none. Raises `SeiFormatError` when there is no unit."""
    units = [data[start:end].rstrip(b"\x00") for start, end in _spans(data)]
    units = [unit for unit in units if unit]
    if not units:
        raise SeiFormatError(f"{len(data)} bytes hold no NAL unit")
    return units


def split_lengths(data: bytes | memoryview) -> list[bytes]:
    """The units of a sample of an MP4 file, each behind its length. Raises `SeiFormatError`
    when lengths and bytes do not fit together."""
    units, at = [], 0
    while at < len(data):
        end = at + LENGTH_BYTES + int.from_bytes(data[at : at + LENGTH_BYTES])
        if end > len(data) or end == at + LENGTH_BYTES:
            raise SeiFormatError(f"a unit at byte {at} of {len(data)} is empty or torn")
        units.append(bytes(data[at + LENGTH_BYTES : end]).rstrip(b"\x00") or b"\x00")
        at = end
    return units


def before_first_slice(data: bytes) -> int:
    """Where in Annex B bytes the start code of the first slice begins; the end where there is
    none."""
    for start, _ in _spans(data):
        if start < len(data) and SLICE <= data[start] & 0x1F <= IDR:
            code = start - len(_SHORT_START)
            return code - 1 if code > 0 and data[code - 1] == 0 else code
    return len(data)


def escape(unit: bytes) -> bytes:
    """With emulation prevention: no start code can be seen inside the unit."""
    return _TO_ESCAPE.sub(b"\x00\x00\x03", unit)


def unescape(unit: bytes) -> bytes:
    """Without emulation prevention."""
    return _ESCAPED.sub(b"\x00\x00", unit)


def escaped_length(unit: bytes, plain_bytes: int) -> int:
    """How long the first `plain_bytes` of an escaped unit are with the bytes that were put in
    among them; one behind the last of them is not counted."""
    inside = 0
    for number, match in enumerate(_ESCAPED.finditer(unit)):
        if match.start() + 2 - number >= plain_bytes:
            break
        inside += 1
    return plain_bytes + inside


def _spans(data: bytes) -> Iterator[tuple[int, int]]:
    code = data.find(_SHORT_START)
    while code >= 0:
        start = code + len(_SHORT_START)
        code = data.find(_SHORT_START, start)
        yield start, len(data) if code < 0 else code
