"""Units of a file against the signed ones: each act upon them, at any place."""

import hashlib
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from bwv_device.evidence.verification.facts import Effect, Fact, Source
from bwv_device.evidence.verification.unit_comparison import SignedUnit, compare_units
from bwv_device.evidence.verification.verdict import Finding

S = 1_000_000_000


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def signed(count: int) -> list[SignedUnit]:
    """A head and `count` - 1 fragments of a second each."""
    head = SignedUnit(digest(0), 0, 0)
    return [head, *(SignedUnit(digest(n), (n - 1) * S, n * S) for n in range(1, count))]


def compare(count: int, found: list[str]) -> list[Finding]:
    return list(compare_units(signed(count), found, Source.MANIFEST))


def whole(count: int) -> list[str]:
    return [unit.sha256 for unit in signed(count)]


COUNTS = st.integers(2, 40)


@given(COUNTS)
def test_all_units_in_their_order_are_covered_and_nothing_else_is_said(count: int) -> None:
    assert [one.fact for one in compare(count, whole(count))] == [Fact.UNITS_COVERED]


@given(COUNTS, st.data())
def test_a_changed_unit_is_named_with_its_second(count: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, count - 1))
    found = whole(count)
    found[at] = digest(-1)
    (finding,) = compare(count, found)
    assert (finding.fact, finding.start_ns, finding.end_ns) == (
        Fact.UNIT_CHANGED,
        (at - 1) * S,
        at * S,
    )


@given(COUNTS, st.data())
def test_units_that_are_gone_are_named_and_the_rest_is_covered(
    count: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(1, count - 1))
    end = data.draw(st.integers(start + 1, count))
    missing, covered = compare(count, whole(count)[:start] + whole(count)[end:])
    assert covered.fact is Fact.UNITS_COVERED
    assert missing.fact is (Fact.UNITS_MISSING_AT_END if end == count else Fact.UNITS_MISSING)
    assert (missing.start_ns, missing.end_ns) == ((start - 1) * S, (end - 1) * S)


@given(COUNTS, st.data())
def test_a_unit_that_is_there_twice_is_named_with_where_it_came_from(
    count: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(1, count - 1))
    found = whole(count)
    found.insert(at + 1, found[at])
    (finding,) = compare(count, found)
    assert finding.fact is Fact.UNIT_ADDED
    assert finding.start_ns in {at * S, (at - 1) * S}
    assert finding.detail == f"the one of {at - 1:.3f} s once more"


@given(st.integers(3, 40), st.data())
def test_swapped_units_are_an_alteration(count: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, count - 2))
    found = whole(count)
    found[at], found[at + 1] = found[at + 1], found[at]
    findings = compare(count, found)
    changed = [one for one in findings if one.effect is Effect.CHANGED]
    assert changed and {one.start_ns for one in changed} <= {(at - 1) * S, at * S, (at + 1) * S}
    assert Fact.UNITS_COVERED not in {one.fact for one in findings}


@given(COUNTS, st.lists(st.integers(0, 50), max_size=50))
def test_nothing_but_signed_units_in_order_is_ever_covered(count: int, numbers: list[int]) -> None:
    facts = {one.fact for one in compare(count, [digest(number) for number in numbers])}
    in_order = all(a < b for a, b in pairwise(numbers))
    are_signed = all(number < count for number in numbers)
    assume(numbers)
    assert (Fact.UNITS_COVERED in facts) == (in_order and are_signed)


def test_a_changed_head_is_named_as_that() -> None:
    found = [digest(-1), *whole(4)[1:]]
    (finding,) = compare(4, found)
    assert (finding.fact, finding.start_ns, finding.detail) == (
        Fact.UNIT_CHANGED,
        0,
        "the head of the file",
    )


def test_a_file_without_any_unit_proves_nothing() -> None:
    (finding,) = compare(4, [])
    assert finding.effect is Effect.TAIL
