"""How long and how often benchmarks and long tests try, in one value for every part.

Used by `tests/bench/parts.py`, which makes it of the command line, and by each part of an area.
"""

from dataclasses import dataclass

QUICK_SCALE = 0.05
"""Enough to see that a part works; its figures are no proof."""


@dataclass(frozen=True)
class Settings:
    """`scale` is the share of each part's full length; `times`, where given, replaces the
    number of tries of every part that counts in tries."""

    seed: int = 1
    times: int | None = None
    scale: float = 1.0

    def tries(self, full: int) -> int:
        """How often to try what is tried `full` times at full length; once at least."""
        return self.times if self.times is not None else max(1, round(full * self.scale))

    def length_s(self, full_s: float) -> float:
        """How long to do, in simulated seconds, what is done for `full_s` at full length."""
        return full_s * self.scale
