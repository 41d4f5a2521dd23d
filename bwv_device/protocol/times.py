"""Instants as the protocol writes them, from and to integer nanoseconds since 1970 UTC.

Who uses it: names, metadata and the location track. Integers throughout: a float of seconds
can't hold a nanosecond of today. The protocol does not say whether fractions are allowed, so
whole seconds (rounded down) are written and both are read.
"""

import re
from datetime import UTC, datetime, timedelta

from bwv_device.protocol.errors import ProtocolError, shown

SECOND_NS = 1_000_000_000
_NS_PER_MS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

COMPACT = r"\d{8}T\d{6}Z"
"""Pattern of the time in a container's name: `YYYYMMDDTHHMMSSZ`."""

FILE = r"\d{8}_\d{6}"
"""Pattern of the time in a clip's name: `YYYYMMDD_HHMMSS`, UTC as well."""

_EPOCH_TEXT = re.compile(r"(-?\d{1,12})(?:\.(\d{1,9}))?", re.ASCII)
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def epoch_seconds(utc_ns: int) -> str:
    """Whole seconds since 1970 UTC, as the keys without `ISO` carry them."""
    return str(utc_ns // SECOND_NS)


def rfc3339(utc_ns: int) -> str:
    """`2026-11-23T20:21:00Z`, as the `...ISO` keys carry it."""
    return _broken_down(utc_ns).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_ms(utc_ns: int) -> str:
    """`2026-11-23T20:21:00.123Z`, for entries closer together than a second."""
    return f"{rfc3339(utc_ns)[:-1]}.{utc_ns % SECOND_NS // 1_000_000:03d}Z"


def seconds(duration_ns: int) -> str:
    """`12.345`, rounded down to milliseconds without a float on the way."""
    ms = duration_ns // _NS_PER_MS
    return f"{ms // 1000}.{ms % 1000:03d}"


def seconds_up(bound_ns: int) -> str:
    """As `seconds` for a bound, which must not become smaller: rounded up, and a millisecond
    more for the time that it belongs to, which is cut to milliseconds."""
    return seconds(bound_ns + 2 * _NS_PER_MS - 1)


def signed_seconds(duration_ns: int) -> str:
    """`+12.345` or `-12.345`, cut to milliseconds."""
    return f"{'-' if duration_ns < 0 else '+'}{seconds(abs(duration_ns))}"


def compact_time(utc_ns: int) -> str:
    """`20261123T202100Z`, as it stands in a container's name."""
    return _broken_down(utc_ns).strftime("%Y%m%dT%H%M%SZ")


def file_time(utc_ns: int) -> str:
    """`20261123_202100`, as it stands in a clip's name; UTC."""
    return _broken_down(utc_ns).strftime("%Y%m%d_%H%M%S")


def parse_epoch_seconds(text: str) -> int:
    """Nanoseconds from `1700000000` or `1700000000.25`; raises `ProtocolError`."""
    match = _EPOCH_TEXT.fullmatch(text.strip())
    if match is None:
        raise ProtocolError(f"{shown(text)} is not a time in seconds since 1970")
    return int(match[1]) * SECOND_NS + _fraction_ns(match[2])


def parse_rfc3339(text: str) -> int:
    """Nanoseconds from an RFC 3339 time with any offset; raises `ProtocolError`."""
    match = _RFC3339.fullmatch(text.strip())
    if match is None:
        raise ProtocolError(f"{shown(text)} is not an RFC 3339 time such as 2026-01-31T12:00:00Z")
    zone = "+00:00" if match[4] in "Zz" else match[4]
    return _to_ns(f"{match[1]}T{match[2]}{zone}", "%Y-%m-%dT%H:%M:%S%z") + _fraction_ns(match[3])


def parse_name_time(text: str) -> int:
    """Nanoseconds from either form of time in a name; raises `ProtocolError`."""
    if re.fullmatch(COMPACT, text, re.ASCII):
        return _to_ns(text[:-1] + "+0000", "%Y%m%dT%H%M%S%z")
    if re.fullmatch(FILE, text, re.ASCII):
        return _to_ns(text + "+0000", "%Y%m%d_%H%M%S%z")
    raise ProtocolError(f"{shown(text)} is not a time of the form YYYYMMDDTHHMMSSZ")


def _broken_down(utc_ns: int) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=utc_ns // SECOND_NS)
    except OverflowError as error:
        raise ProtocolError(f"{utc_ns} ns is no time that a calendar has") from error


def _to_ns(text: str, form: str) -> int:
    try:
        broken_down = datetime.strptime(text, form)
        return (broken_down - _EPOCH) // timedelta(seconds=1) * SECOND_NS
    except (ValueError, OverflowError) as error:
        raise ProtocolError(f"{shown(text)} is no time that a calendar has") from error


def _fraction_ns(digits: str | None) -> int:
    return int((digits or "0").ljust(9, "0"))
