"""The judge, over arbitrary findings: what no table of cases would think of."""

from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence.verification.facts import ROWS, Effect, Fact, Source
from bwv_device.evidence.verification.verdict import (
    EXIT_CODES,
    GRADES,
    Finding,
    Grade,
    judge,
)

S = 1_000_000_000


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    start_ns = draw(st.none() | st.integers(0, 3600 * S))
    length_ns = draw(st.none() | st.integers(0, 10 * S))
    end_ns = None if start_ns is None or length_ns is None else start_ns + length_ns
    source, fact = draw(st.sampled_from(Source)), draw(st.sampled_from(Fact))
    return Finding(source, fact, start_ns, end_ns)


MANY = st.lists(findings(), max_size=12)


def test_every_fact_has_a_row_and_every_weight_a_grade() -> None:
    assert set(ROWS) == set(Fact)
    assert set(GRADES) == {effect for effect in Effect if effect > Effect.PROVES}
    assert set(EXIT_CODES) == set(Grade)
    assert [grade for grade, code in EXIT_CODES.items() if code == 0] == [Grade.AUTHENTIC]


def test_only_what_proves_takes_the_weight_from_another_fact() -> None:
    for row in ROWS.values():
        assert all(ROWS[fact].effect is Effect.PROVES for fact in row.settled_by)


def test_who_signed_is_a_question_that_no_digest_settles() -> None:
    never = {Effect.STRANGER, Effect.UNVOUCHED}
    assert all(not row.settled_by for row in ROWS.values() if row.effect in never)


@given(MANY)
def test_without_a_proof_nothing_is_authentic(found: list[Finding]) -> None:
    unproved = [one for one in found if one.effect is not Effect.PROVES]
    grade = judge(unproved).grade
    assert grade not in {Grade.AUTHENTIC, Grade.AUTHENTIC_UP_TO, Grade.PARTS_MISSING}


@given(MANY, st.randoms())
def test_the_order_of_findings_changes_nothing(found: list[Finding], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(found)
    random.shuffle(shuffled)
    before, after = judge(found), judge(shuffled)
    assert (before.grade, before.at_ns) == (after.grade, after.at_ns)


@given(MANY, findings())
def test_a_finding_that_does_not_prove_makes_no_verdict_better(
    found: list[Finding], more: Finding
) -> None:
    before, after = judge(found), judge([*found, more])
    if more.effect is not Effect.PROVES:
        assert after.exit_code >= before.exit_code


@given(MANY)
def test_authentic_means_that_each_weighing_finding_is_settled_by_a_proof(
    found: list[Finding],
) -> None:
    if judge(found).grade is not Grade.AUTHENTIC:
        return
    facts = {one.fact for one in found}
    for one in found:
        assert one.effect <= Effect.PROVES or ROWS[one.fact].settled_by & facts


@given(MANY)
def test_the_second_lies_in_a_stretch_that_a_finding_of_the_decisive_weight_names(
    found: list[Finding],
) -> None:
    verdict = judge(found)
    if verdict.at_ns is None:
        return
    grade = {grade: effect for effect, grade in GRADES.items()}[verdict.grade]
    assert any(
        one.start_ns <= verdict.at_ns <= one.start_ns + one.length_ns
        for one in found
        if one.effect is grade and one.start_ns is not None
    )


def test_a_tail_that_only_the_manifest_reaches_is_proved_by_it() -> None:
    covered = Finding(Source.STREAM, Fact.STREAM_COVERED, 0, 9 * S)
    tail = Finding(Source.STREAM, Fact.STREAM_TAIL, 9 * S, 10 * S)
    whole = Finding(Source.MANIFEST, Fact.FILE_IS_SIGNED)
    assert judge([covered, tail]).grade is Grade.AUTHENTIC_UP_TO
    assert judge([covered, tail]).at_ns == 9 * S
    assert judge([covered, tail, whole]).grade is Grade.AUTHENTIC


def test_a_changed_picture_names_the_second_of_the_changed_unit_that_holds_it() -> None:
    unit = Finding(Source.MANIFEST, Fact.UNIT_CHANGED, 3 * S, 4 * S)
    picture = Finding(Source.STREAM, Fact.PICTURE_CHANGED, 3 * S + 400, 3 * S + 440)
    later = Finding(Source.STREAM, Fact.PICTURE_CHANGED, 5 * S, 5 * S + 40)
    verdict = judge([unit, picture, later])
    assert (verdict.grade, verdict.at_ns) == (Grade.ALTERED, 3 * S + 400)


def test_a_missing_picture_names_the_second_of_the_changed_unit_that_lacks_it() -> None:
    unit = Finding(Source.MANIFEST, Fact.UNIT_CHANGED, 3 * S, 4 * S)
    picture = Finding(Source.STREAM, Fact.PICTURE_MISSING, 3 * S + 400, 3 * S + 400)
    verdict = judge([unit, picture])
    assert (verdict.grade, verdict.at_ns) == (Grade.ALTERED, 3 * S + 400)


def test_the_end_of_what_is_proved_is_the_earliest_of_all_ends() -> None:
    proof = Finding(Source.STREAM, Fact.STREAM_COVERED, 0, 8 * S)
    tail = Finding(Source.STREAM, Fact.STREAM_TAIL, 8 * S, 10 * S)
    gone = Finding(Source.MANIFEST, Fact.FRAMES_MISSING, 9 * S, 9 * S + 1)
    assert judge([gone, proof, tail]).at_ns == 8 * S


def test_a_stranger_s_signature_outweighs_everything_but_what_cannot_be_read() -> None:
    stranger = Finding(Source.STREAM, Fact.SIGNER_STRANGER)
    changed = Finding(Source.STREAM, Fact.PICTURE_CHANGED, S, 2 * S)
    whole = Finding(Source.MANIFEST, Fact.FILE_IS_SIGNED)
    assert judge([stranger, changed, whole]).grade is Grade.WRONG_SIGNER
