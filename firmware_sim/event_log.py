"""The event log of a run: one line a fact, the same bytes for the same seed on every machine.

Who uses it: the simulated camera enters, scenarios look into it, and its hash says whether two runs
were the same. Names that are drawn by chance (identifiers of recordings) never go in.
"""

import hashlib
from dataclasses import dataclass

from hal.interfaces.clock import NS_PER_S


@dataclass(frozen=True, slots=True)
class Fact:
    """`text` of a `kind` at `at_ns`, monotonic."""

    at_ns: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.at_ns / NS_PER_S:12.6f} {self.kind:<10} {self.text}"


class EventLog:
    """All facts, oldest first."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def add(self, at_ns: int, kind: str, text: str) -> None:
        """Enter a fact."""
        self.facts.append(Fact(at_ns, kind, text))

    def sha256(self) -> str:
        """Of the whole log as text, 64 hex digits."""
        lines = "".join(f"{fact}\n" for fact in self.facts)
        return hashlib.sha256(lines.encode()).hexdigest()

    def around(self, at_ns: int, before: int = 8, after: int = 4) -> list[Fact]:
        """What happened around `at_ns`, for a person to read."""
        index = sum(fact.at_ns <= at_ns for fact in self.facts)
        return self.facts[max(0, index - before) : index + after]
