"""One thing that was looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"
    """The camera works without it, or may soon not."""
    MISSING = "missing"
    """The camera, as it is configured, can't work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` was looked at, in what state it is, what was seen, and the cure when not ok."""

    what: str
    health: Health
    seen: str
    cure: str = ""
