"""Stretches of a clip in which frames were left out because encoding did not keep up.

Who uses it: the recorder writes them into the journal, the repair and the dock client read
them. As text, a stretch is `from-to@rate`: seconds of the clip and frames a second, as in
`3.200-17.050@15`. A cut may have left the last one without an end.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NS_PER_S = 1_000_000_000
_NS_PER_MS = 1_000_000
_STRETCH = re.compile(r"(\d+)\.(\d{3})-(?:(\d+)\.(\d{3}))?@(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Times count from the clip's first frame."""

    from_ns: int
    to_ns: int | None
    """None: up to the end of the clip, or not over yet."""
    rate_hz: float
    """Frames a second that were encoded."""

    def __str__(self) -> str:
        to = "" if self.to_ns is None else _seconds(self.to_ns)
        return f"{_seconds(self.from_ns)}-{to}@{round(self.rate_hz, 2):g}"


def to_text(stretches: Iterable[Stretch]) -> str:
    """All stretches in order, joined by commas; empty when there is none."""
    return ",".join(map(str, stretches))


def from_text(text: str) -> tuple[Stretch, ...]:
    """The stretches of `to_text`, to the millisecond; what is no stretch is passed over."""
    return tuple(_stretch(match) for match in _STRETCH.finditer(text))


def skipped_frames(stretches: Iterable[Stretch], duration_ns: int, frame_ns: int) -> int:
    """Frames that the stretches say were left out of a clip of `duration_ns` whose full rate
    is one frame each `frame_ns`; for a clip whose own count a cut has taken away."""
    skipped = 0.0
    for stretch in stretches:
        to_ns = duration_ns if stretch.to_ns is None else min(stretch.to_ns, duration_ns)
        length_ns = max(0, to_ns - stretch.from_ns)
        skipped += length_ns * max(0.0, 1 / frame_ns - stretch.rate_hz / _NS_PER_S)
    return round(skipped)


def _stretch(match: re.Match[str]) -> Stretch:
    from_s, from_ms, to_s, to_ms, rate = match.groups()
    to_ns = None if to_s is None else _ns(to_s, to_ms)
    return Stretch(_ns(from_s, from_ms), to_ns, float(rate))


def _ns(seconds: str, milliseconds: str) -> int:
    return int(seconds) * _NS_PER_S + int(milliseconds) * _NS_PER_MS


def _seconds(duration_ns: int) -> str:
    ms = duration_ns // _NS_PER_MS
    return f"{ms // 1000}.{ms % 1000:03d}"
