"""The account of a stretch of pictures: how many were due, how many came, and where holes are.

Who uses it: the recorder makes one of the lead-up and one of each clip, the journal keeps them,
the dock client sends them, the page shows them. Pure values, in JSON spelt as the API spells.
"""

import re
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

GAPS_MAX = 200
"""Gaps that are listed one by one; the rest is counted. The longest list is about 15 kB."""
_LIMIT_NS = 1 << 62
_NS_PER_MS = 1_000_000
_GAP = re.compile(
    r"(?P<offset>-?\d{1,9}\.\d{3})_(?P<length>\d{1,9}\.\d{3})_(?P<missing>\d{1,12})", re.ASCII
)


class Fact(BaseModel):
    """A frozen value that reads and writes itself as JSON, its names in the API's style."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_pascal, populate_by_name=True
    )

    def to_json(self) -> str:
        """One line of JSON."""
        return self.model_dump_json(by_alias=True)


class Gap(Fact):
    """A stretch without a picture from the camera."""

    offset_ns: int = Field(ge=-_LIMIT_NS, le=_LIMIT_NS)
    """Where it begins: the end of the picture before it, counted from the account's origin."""
    length_ns: int = Field(ge=0, le=_LIMIT_NS)
    """Up to the next picture of the camera, or to the end of the stretch."""
    frames_missing: int = Field(ge=0)
    """Frames that were due in it and are lost. 0: the camera counted none, and yet gave none."""


class PictureAccount(Fact):
    """What became of the frames of a stretch."""

    frames_expected: int = Field(ge=0)
    """Frames that the camera's nominal rate makes due in the stretch."""
    frames_captured: int = Field(ge=0)
    """Frames of the camera that are there; slates are none."""
    frames_dropped: int = Field(ge=0)
    """Frames known to be lost: counted by the camera, or by us."""
    frames_skipped: int = Field(default=0, ge=0)
    """Frames left out because encoding did not keep up."""
    camera_lost_ns: int = Field(ge=0)
    """How long a slate stands in the camera's place."""
    gaps: tuple[Gap, ...] = ()
    """In order of time, the first `GAPS_MAX` of them."""
    gaps_unlisted: int = Field(default=0, ge=0)
    """How many more there are."""

    @property
    def gap_count(self) -> int:
        return len(self.gaps) + self.gaps_unlisted


def gaps_text(gaps: Iterable[Gap], max_bytes: int) -> tuple[str, int]:
    """The gaps for a value of metadata, and how many of them are in it: `12.345_0.400_11~...`,
    seconds from the origin, seconds long, frames missing. Only characters that
    percent-encoding leaves alone, and whole gaps only."""
    text, said = "", 0
    for gap in gaps:
        more = f"{'~' if text else ''}{_one(gap)}"
        if len(text) + len(more) > max_bytes:
            break
        text, said = text + more, said + 1
    return text, said


def parse_gaps(text: str) -> tuple[Gap, ...]:
    """The gaps of such a value, to the millisecond; what is none is passed over."""
    return tuple(
        Gap(
            offset_ns=_ns(match["offset"]),
            length_ns=_ns(match["length"]),
            frames_missing=int(match["missing"]),
        )
        for match in map(_GAP.fullmatch, text.split("~"))
        if match is not None
    )


def seconds_text(ns: int) -> str:
    """`-12.345`: to the nearest millisecond."""
    ms = (ns + _NS_PER_MS // 2) // _NS_PER_MS
    return f"{'-' * (ms < 0)}{abs(ms) // 1000}.{abs(ms) % 1000:03d}"


def _one(gap: Gap) -> str:
    return f"{seconds_text(gap.offset_ns)}_{seconds_text(gap.length_ns)}_{gap.frames_missing}"


def _ns(seconds: str) -> int:
    whole, ms = seconds.lstrip("-").split(".")
    ns = (int(whole) * 1000 + int(ms)) * _NS_PER_MS
    return -ns if seconds.startswith("-") else ns
