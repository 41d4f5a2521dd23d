"""Figures as people read them. Metadata is text from the wire, so any of it may be nonsense.

Who uses it: the view modules. What can't be read comes back as it is, never as an error: the
page must show a recording whatever its metadata says.
"""

from collections.abc import Mapping

from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.times import SECOND_NS, parse_epoch_seconds, parse_rfc3339, rfc3339

NOTHING = "–"


def utc(ns: int | None) -> str:
    """`2026-11-23 20:21:00Z`; nothing for a number that no calendar has."""
    return NOTHING if ns is None or not _is_in_calendar(ns) else rfc3339(ns).replace("T", " ")


def parse_time(text: str | None) -> int | None:
    """Nanoseconds from either form of time in metadata; None when it is no time."""
    for parse in (parse_epoch_seconds, parse_rfc3339):
        try:
            at_ns = parse(text or "")
        except ProtocolError:
            continue
        return at_ns if _is_in_calendar(at_ns) else None
    return None


def _is_in_calendar(ns: int) -> bool:
    try:
        rfc3339(ns)
    except ProtocolError:
        return False
    return True


def seconds(text: str | None) -> float | None:
    """A length in seconds; None when it is none."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None


def number(text: str | None) -> int | None:
    """A count; None when it is none."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def duration(length_s: float | None) -> str:
    """`12.4 s`, `3 min 05 s` or `1 h 02 min`."""
    if length_s is None:
        return NOTHING
    if length_s < 60:
        return f"{length_s:.1f} s"
    minutes, rest = divmod(round(length_s), 60)
    return (
        f"{minutes} min {rest:02d} s"
        if minutes < 60
        else f"{minutes // 60} h {minutes % 60:02d} min"
    )


def size(size_bytes: int) -> str:
    """`1.2 MB`, in powers of 1000."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    value = float(size_bytes)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} TB"


def offset(at_ns: int | None, start_ns: int | None) -> str:
    """`+0:07` from a recording's start."""
    if at_ns is None or start_ns is None:
        return NOTHING
    whole = (at_ns - start_ns) // SECOND_NS
    sign, whole = ("−" if whole < 0 else "+"), abs(whole)
    return f"{sign}{whole // 60}:{whole % 60:02d}"


def time_in(meta: Mapping[str, str], key: str) -> str:
    """The time that `key` gives, or its text as it stands."""
    text = meta.get(key)
    at_ns = parse_time(text)
    return utc(at_ns) if at_ns is not None else text or NOTHING
