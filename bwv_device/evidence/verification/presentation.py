"""Findings as rows for a person: by source, the weightiest first, neighbours told together.

Who uses it: the screen of `bwv verify` and the report of `bwv export`. Machines get the findings
as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bwv_device.evidence.verification.facts import Effect, Source
from bwv_device.evidence.verification.verdict import Finding, Verdict, is_settled
from bwv_device.evidence.verification.words import ROW_MARKS, SETTLED, SOURCES, sentence


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence about one source."""

    source: str
    mark: str
    effect: Effect
    """NONE also for what something else settles."""
    text: str


def rows(verdict: Verdict) -> Iterator[Row]:
    """What is told of a verdict, in the order of the sources."""
    for source in Source:
        found = [one for one in verdict.findings if one.source is source]
        told = [one for one in found if not _goes_without_saying(one, verdict)]
        for finding in sorted(_merged(told), key=_weight):
            yield _row(finding, verdict)


def _goes_without_saying(finding: Finding, verdict: Verdict) -> bool:
    return finding.effect is Effect.NONE and is_settled(finding, verdict.findings)


def _row(finding: Finding, verdict: Verdict) -> Row:
    name, text = SOURCES[finding.source], sentence(finding)
    if is_settled(finding, verdict.findings):
        return Row(name, ROW_MARKS[Effect.NONE], Effect.NONE, f"{text} {SETTLED}")
    return Row(name, ROW_MARKS[finding.effect], finding.effect, text)


def _weight(finding: Finding) -> tuple[int, int]:
    return -finding.effect, finding.start_ns or 0


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """Stretches of one fact that touch each other become one, unless more is known of them."""
    merged: list[Finding] = []
    for finding in sorted(findings, key=lambda one: (one.fact, one.start_ns or 0)):
        last = merged[-1] if merged else None
        if last is not None and _touch(last, finding):
            merged[-1] = replace(last, end_ns=finding.end_ns)
        else:
            merged.append(finding)
    return merged


def _touch(before: Finding, after: Finding) -> bool:
    is_same = (before.fact, before.detail) == (after.fact, after.detail)
    return is_same and before.end_ns is not None and before.end_ns == after.start_ns
