"""The tampering table of `tests/support/tampering.py`: every act is named, with its second."""

import pytest

from bwv_device.evidence.verification.verdict import Grade
from tests.support.tampering import ROWS, Row, faults

MUST_BE_THERE = {
    "a frame dropped",
    "a frame doubled",
    "two frames swapped",
    "a frame encoded anew",
    "cut at the front",
    "cut in the middle",
    "cut at the end",
    "signatures stripped",
    "signed by somebody else",
}


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_an_act_is_named_with_its_second(row: Row) -> None:
    assert list(faults(row)) == []


def test_every_act_that_has_to_be_named_is_in_the_table() -> None:
    assert set(ROWS) >= MUST_BE_THERE


def test_of_all_rows_only_the_untouched_clip_is_authentic() -> None:
    authentic = [name for name, row in ROWS.items() if row.with_manifest.grade is Grade.AUTHENTIC]
    assert authentic == ["nothing"]
    assert all(row.without.grade is not Grade.AUTHENTIC for row in ROWS.values())
