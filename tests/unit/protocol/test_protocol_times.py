"""Instants in text, without a float on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.protocol import times
from bwv_device.protocol.errors import ProtocolError

NS = 1_700_000_000_987_654_321
whole = st.integers(min_value=0, max_value=200_000_000_000).map(lambda s: s * times.SECOND_NS)


def test_every_form_of_one_instant() -> None:
    assert times.epoch_seconds(NS) == "1700000000"
    assert times.rfc3339(NS) == "2023-11-14T22:13:20Z"
    assert times.rfc3339_ms(NS) == "2023-11-14T22:13:20.987Z"
    assert times.compact_time(NS) == "20231114T221320Z"
    assert times.file_time(NS) == "20231114_221320"


@given(whole)
def test_every_form_reads_back(ns: int) -> None:
    assert times.parse_epoch_seconds(times.epoch_seconds(ns)) == ns
    assert times.parse_rfc3339(times.rfc3339(ns)) == ns
    assert times.parse_name_time(times.compact_time(ns)) == ns
    assert times.parse_name_time(times.file_time(ns)) == ns


def test_fractions_and_offsets_of_other_writers_are_read_to_the_nanosecond() -> None:
    assert times.parse_epoch_seconds("1700000000.987654321") == NS
    assert times.parse_rfc3339("2023-11-14T22:13:20.987654321Z") == NS
    assert times.parse_rfc3339("2023-11-14t23:13:20.987654321+01:00") == NS


@pytest.mark.parametrize("text", ["", "now", "1e9", "1700000000Z", "١٧", "nan", "1" * 13])
def test_what_is_no_epoch_time_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        times.parse_epoch_seconds(text)


@pytest.mark.parametrize(
    "text",
    ["", "2023-11-14", "2023-11-14T22:13:20", "2023-02-30T00:00:00Z", "2023-11-14T25:00:00Z"],
)
def test_what_is_no_rfc_3339_time_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        times.parse_rfc3339(text)


def test_an_instant_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ProtocolError, match="calendar"):
        times.rfc3339(10**30)
