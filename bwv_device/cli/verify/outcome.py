"""What was verified, as one value, and the same as JSON.

Used by the screen of `bwv verify` and the report of `bwv export`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bwv_device.evidence.verification.facts import Fact
from bwv_device.evidence.verification.missing import MissingClip
from bwv_device.evidence.verification.verdict import (
    EXIT_CODES,
    Finding,
    Grade,
    Verdict,
    is_settled,
)
from bwv_device.evidence.verification.words import headline, sentence

_NS_PER_S = 1_000_000_000
_SIGNERS = {Fact.SIGNER, Fact.SIGNER_EXPIRED, Fact.SIGNING_TIME_ODD, Fact.SIGNER_UNVOUCHED}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One clip, and what is said of it."""

    path: Path
    container: str | None
    sha256: str
    """Of the file as it lies there."""
    verdict: Verdict

    @property
    def signers(self) -> list[str]:
        """Who signed, in words, each once; a stranger stands among the findings only."""
        found = [one.detail for one in self.verdict.findings if one.fact in _SIGNERS]
        return list(dict.fromkeys(found))


def exit_code(outcomes: Sequence[Outcome], missing: Sequence[MissingClip] = ()) -> int:
    """The greatest: one clip that is not authentic is enough. Clips that are missing count as
    parts that are."""
    lacking = [EXIT_CODES[Grade.PARTS_MISSING]] if missing else []
    return max([*lacking, *(outcome.verdict.exit_code for outcome in outcomes)], default=0)


def to_json(outcomes: Sequence[Outcome], missing: Sequence[MissingClip] = ()) -> dict[str, Any]:
    """For machines; times are seconds of the clip."""
    is_ok = all(one.verdict.grade is Grade.AUTHENTIC for one in outcomes) and not missing
    return {
        "ok": is_ok,
        "clips": [_clip(outcome) for outcome in outcomes],
        "missing": [{"file": str(one.path), "named_by": one.named_by} for one in missing],
    }


def _clip(outcome: Outcome) -> dict[str, Any]:
    verdict = outcome.verdict
    return {
        "file": str(outcome.path),
        "container": outcome.container,
        "sha256": outcome.sha256,
        "verdict": verdict.grade.value,
        "at_s": _seconds(verdict.at_ns),
        "text": headline(verdict),
        "signers": outcome.signers,
        "findings": [_finding(one, verdict) for one in verdict.findings],
    }


def _finding(finding: Finding, verdict: Verdict) -> dict[str, Any]:
    return {
        "source": finding.source.value,
        "fact": finding.fact.value,
        "effect": finding.effect.name.lower(),
        "settled": is_settled(finding, verdict.findings),
        "start_s": _seconds(finding.start_ns),
        "end_s": _seconds(finding.end_ns),
        "detail": finding.detail,
        "text": sentence(finding),
    }


def _seconds(at_ns: int | None) -> float | None:
    return None if at_ns is None else at_ns / _NS_PER_S
