"""The time of Media Signing: steps of 100 ns since the beginning of 1601, in UTC.

Who uses it: signer and reader. The open framework's example programs do not follow this
(docs/design/media-signing.md); cameras do.
"""

_NS_PER_TICK = 100
_EPOCH_NS = 11_644_473_600 * 1_000_000_000
"""From 1601 to 1970."""


def to_ticks(utc_ns: int) -> int:
    """Nanoseconds since 1970 as ticks since 1601."""
    return (utc_ns + _EPOCH_NS) // _NS_PER_TICK


def to_utc_ns(ticks: int) -> int:
    """Ticks since 1601 as nanoseconds since 1970."""
    return ticks * _NS_PER_TICK - _EPOCH_NS
