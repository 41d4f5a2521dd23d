"""Fields of resumable uploads: what is read, and what counts as absent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.protocol import resumable
from bwv_device.protocol.resumable import UploadLimits


@given(st.booleans())
def test_a_boolean_comes_back(value: bool) -> None:
    assert resumable.parse_boolean(resumable.boolean(value)) is value


@pytest.mark.parametrize("text", [None, "", "true", "1", "?2", "??1", "?1, ?0", "?1 ?1", "?١"])
def test_what_is_no_boolean_counts_as_absent(text: str | None) -> None:
    assert resumable.parse_boolean(text) is None


@given(st.integers(0, 10**15 - 1))
def test_an_integer_comes_back(value: int) -> None:
    assert resumable.parse_integer(str(value)) == value
    assert resumable.parse_integer(f" {value};a=b ") == value


@pytest.mark.parametrize(
    "text", [None, "", "-1", "1.0", "abc", "1, 2", "0x1", "9" * 16, "٣", '"1"']
)
def test_what_is_no_integer_counts_as_absent(text: str | None) -> None:
    assert resumable.parse_integer(text) is None


@given(st.text(max_size=60))
def test_no_text_makes_a_reader_fail(text: str) -> None:
    assert resumable.parse_boolean(text) in (None, True, False)
    assert (resumable.parse_integer(text) or 0) >= 0
    limits = resumable.parse_limits(text)
    assert limits is None or isinstance(limits, UploadLimits)
    assert resumable.is_urgent(text) in (True, False)


SIZES = st.none() | st.integers(0, 10**15 - 1)


@given(SIZES, SIZES, SIZES)
def test_limits_come_back(size: int | None, append: int | None, age_s: int | None) -> None:
    limits = UploadLimits(size, append, age_s)
    assert resumable.parse_limits(limits.to_header()) == limits


def test_a_limit_of_another_version_is_passed_over() -> None:
    text = "max-size=5, min-speed=3.5, flag, max-append-size=2;x=1"
    assert resumable.parse_limits(text) == UploadLimits(5, 2)


@pytest.mark.parametrize("text", [None, "max-size=abc", "max-size", "max-size=-1", "=1", "MAX=1"])
def test_unreadable_limits_count_as_absent(text: str | None) -> None:
    assert resumable.parse_limits(text) is None


@pytest.mark.parametrize(
    ("text", "urgent"),
    [("u=0", True), ("u=2", True), ("u=3", False), ("u=7, i", False), ("i, u=1", True),
     ("u=1, i", True), ("", False), ("u=9", False), ("u", False), ("menu=1", False), (None, False)],
)  # fmt: skip
def test_urgency_is_that_of_rfc_9218(text: str | None, urgent: bool) -> None:
    assert resumable.is_urgent(text) is urgent


@pytest.mark.parametrize(
    ("text", "ok"),
    [("application/partial-upload", True), ("Application/Partial-Upload; a=b", True),
     ("application/partial", False), ("", False), (None, False)],
)  # fmt: skip
def test_the_media_type_is_compared_without_case_and_parameters(text: str | None, ok: bool) -> None:
    assert resumable.is_partial_upload(text) is ok
