"""Every fact and grade can be said, and what is said names what was found."""

from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence.verification.facts import Effect, Fact, Source
from bwv_device.evidence.verification.verdict import Finding, Grade, Verdict
from bwv_device.evidence.verification.words import (
    ADVICE,
    GRADE_WORDS,
    MEANINGS,
    ROW_MARKS,
    SOURCES,
    WORDS,
    headline,
    sentence,
)


def test_there_are_words_for_everything() -> None:
    assert set(WORDS) == set(Fact)
    assert set(SOURCES) == set(Source)
    assert set(ROW_MARKS) == set(Effect)
    assert set(GRADE_WORDS) == set(MEANINGS) == set(ADVICE) == set(Grade)


@given(st.sampled_from(Fact), st.none() | st.integers(0, 10**13), st.text(max_size=20))
def test_a_sentence_names_detail_and_second_and_leaves_no_placeholder(
    fact: Fact, start_ns: int | None, detail: str
) -> None:
    said = sentence(Finding(Source.STREAM, fact, start_ns, None, detail))
    assert said.endswith(detail)
    if "{when}" in WORDS[fact] and start_ns is not None:
        assert f"{start_ns / 1e9:.3f} s" in said
    if not detail:
        assert "{" not in said and not said.endswith(":")


@given(st.sampled_from(Grade), st.none() | st.integers(0, 10**13))
def test_a_headline_says_its_second_where_there_is_one(grade: Grade, at_ns: int | None) -> None:
    said = headline(Verdict(grade, at_ns, ()))
    assert "{" not in said
    if at_ns is not None and "{at}" in GRADE_WORDS[grade]:
        assert f"{at_ns / 1e9:.3f} s" in said
