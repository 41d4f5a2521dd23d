"""Holds the units of a file against those that were signed: what is changed, added, missing, when.

Who uses it: the check of the manifest. Pure. `difflib` finds the longest run of units that agree,
so one unit taken out does not make all behind it wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bwv_device.evidence.verification.facts import Fact, Source
from bwv_device.evidence.verification.verdict import Finding


@dataclass(frozen=True, slots=True)
class SignedUnit:
    """A unit as the device signed it."""

    sha256: str
    start_ns: int
    end_ns: int
    """When its pictures begin and end in the clip as it was recorded; both are 0 for the head."""


def compare_units(
    signed: Sequence[SignedUnit], found: Sequence[str], source: Source
) -> Iterator[Finding]:
    """Findings about a file whose units have the SHA-256 `found`, in the clip's own seconds."""
    expected = [unit.sha256 for unit in signed]
    matcher = SequenceMatcher(None, expected, found, autojunk=False)
    is_clean = True
    for act, start, end, found_start, found_end in matcher.get_opcodes():
        stretch = signed[start:end]
        extra = found[found_start:found_end]
        changed = min(len(stretch), len(extra)) if act == "replace" else 0
        is_clean = is_clean and (act == "equal" or not extra)
        yield from _changed(stretch[:changed], source)
        if act in {"insert", "replace"}:
            yield from _added(_end_ns(signed, start + changed), extra[changed:], signed, source)
        if act in {"delete", "replace"} and stretch[changed:]:
            yield _missing(stretch[changed:], is_last=end == len(signed), source=source)
    if is_clean and found:
        yield Finding(source, Fact.UNITS_COVERED, detail=f"{len(found)} of {len(signed)} units")


def _changed(units: Sequence[SignedUnit], source: Source) -> Iterator[Finding]:
    for unit in units:
        detail = "" if unit.end_ns > unit.start_ns else "the head of the file"
        yield Finding(source, Fact.UNIT_CHANGED, unit.start_ns, unit.end_ns, detail)


def _added(
    at_ns: int, extra: Sequence[str], signed: Sequence[SignedUnit], source: Source
) -> Iterator[Finding]:
    original = {unit.sha256: unit for unit in signed}
    for sha256 in extra:
        unit = original.get(sha256)
        detail = "" if unit is None else f"the one of {unit.start_ns / 1e9:.3f} s once more"
        yield Finding(source, Fact.UNIT_ADDED, at_ns, at_ns, detail)


def _missing(units: Sequence[SignedUnit], *, is_last: bool, source: Source) -> Finding:
    fact = Fact.UNITS_MISSING_AT_END if is_last else Fact.UNITS_MISSING
    return Finding(source, fact, units[0].start_ns, units[-1].end_ns, f"{len(units)} units")


def _end_ns(signed: Sequence[SignedUnit], index: int) -> int:
    return signed[index - 1].end_ns if index else 0
