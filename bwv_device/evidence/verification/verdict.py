"""The one judge: weighs findings by the table of facts, and names the second.

Who uses it: `checks.verify`. It knows no file and no format.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bwv_device.evidence.verification.facts import ROWS, Effect, Fact, Source


class Grade(StrEnum):
    """What is said of a clip in a word. The values are for machines and never change."""

    AUTHENTIC = "authentic"
    AUTHENTIC_UP_TO = "authentic-up-to"
    PARTS_MISSING = "authentic-with-parts-missing"
    UNSIGNED = "unsigned"
    UNKNOWN_SIGNER = "unknown-signer"
    ALTERED = "altered"
    WRONG_SIGNER = "wrong-signer"
    UNREADABLE = "unreadable"


GRADES: dict[Effect, Grade] = {
    Effect.TAIL: Grade.AUTHENTIC_UP_TO,
    Effect.HOLE: Grade.PARTS_MISSING,
    Effect.UNCOVERED: Grade.UNSIGNED,
    Effect.UNVOUCHED: Grade.UNKNOWN_SIGNER,
    Effect.CHANGED: Grade.ALTERED,
    Effect.STRANGER: Grade.WRONG_SIGNER,
    Effect.UNREADABLE: Grade.UNREADABLE,
}
"""The grade of each effect that weighs."""

EXIT_CODES: dict[Grade, int] = {
    Grade.AUTHENTIC: 0,
    Grade.AUTHENTIC_UP_TO: 3,
    Grade.PARTS_MISSING: 3,
    Grade.UNSIGNED: 4,
    Grade.UNKNOWN_SIGNER: 5,
    Grade.ALTERED: 6,
    Grade.WRONG_SIGNER: 7,
    Grade.UNREADABLE: 8,
}
"""1 and 2 are a failed command and a wrong command line."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact about a stretch of the clip; without times it is about the clip as a whole."""

    source: Source
    fact: Fact
    start_ns: int | None = None
    """From the beginning of the clip's media."""
    end_ns: int | None = None
    """Exclusive; None where only an instant is known."""
    detail: str = ""
    """What is to be said beyond the fact's own words: a name, a number, a reason."""

    @property
    def effect(self) -> Effect:
        return ROWS[self.fact].effect

    @property
    def length_ns(self) -> int:
        """0 for an instant."""
        if self.start_ns is None or self.end_ns is None:
            return 0
        return self.end_ns - self.start_ns


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one clip, and why."""

    grade: Grade
    at_ns: int | None
    """The second that the grade names: up to where it is authentic, from where it is altered,
    where the first part is missing. None where no second can be named."""
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.grade]


def judge(findings: Iterable[Finding]) -> Verdict:
    """The verdict on what was found; the order of findings does not matter."""
    found = tuple(findings)
    facts = {finding.fact for finding in found}
    heavy = [one for one in found if one.effect > Effect.PROVES]
    weighing = [one for one in heavy if not (ROWS[one.fact].settled_by & facts)]
    heaviest = max((one.effect for one in weighing), default=Effect.NONE)
    if heaviest < Effect.UNCOVERED and not any(one.effect is Effect.PROVES for one in found):
        # What nothing proves can't be authentic, whatever else was found or not found.
        return Verdict(Grade.UNSIGNED, None, found)
    if heaviest is Effect.NONE:
        return Verdict(Grade.AUTHENTIC, None, found)
    deciding = [one for one in weighing if one.effect is heaviest]
    return Verdict(GRADES[heaviest], _moment_ns(deciding, weighing), found)


def is_settled(finding: Finding, findings: Iterable[Finding]) -> bool:
    """Whether something among `findings` takes the weight from this one."""
    return bool(ROWS[finding.fact].settled_by & {one.fact for one in findings})


def _moment_ns(deciding: Sequence[Finding], weighing: Sequence[Finding]) -> int | None:
    """The start of the earliest that decides; or of the first that weighs, begins within it and is
    narrower, as a missing picture says more than the changed fragment that lacks it. What is
    said of a tail is up to where everything is proved: there the earliest alone counts."""
    spans = [span for one in deciding if (span := _span_ns(one)) is not None]
    if not spans:
        return None
    start_ns, length_ns = min(spans)
    if deciding[0].effect is Effect.TAIL:
        return start_ns
    others = [_span_ns(one) for one in weighing if one.effect is not Effect.TAIL]
    narrower = [
        at_ns
        for at_ns, own_ns in filter(None, others)
        if start_ns <= at_ns < start_ns + length_ns and own_ns < length_ns
    ]
    return min(narrower, default=start_ns)


def _span_ns(finding: Finding) -> tuple[int, int] | None:
    return None if finding.start_ns is None else (finding.start_ns, finding.length_ns)
