"""Stretches of overload as text."""

from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence.overload import Stretch, from_text, skipped_frames, to_text

S = 1_000_000_000
MS = 1_000_000
TIMES_NS = st.integers(0, 14_400_000).map(lambda ms: ms * MS)
RATES_HZ = st.integers(1, 12_000).map(lambda centi: centi / 100)
STRETCHES = st.lists(st.builds(Stretch, TIMES_NS, st.none() | TIMES_NS, RATES_HZ), max_size=8)


@given(STRETCHES)
def test_what_is_written_is_read_back(stretches: list[Stretch]) -> None:
    assert list(from_text(to_text(stretches))) == stretches


def test_it_reads_as_seconds_and_frames_a_second() -> None:
    stretches = [Stretch(3_200 * MS, 17_050 * MS, 15.0), Stretch(20 * S, None, 29.97 / 3)]
    assert to_text(stretches) == "3.200-17.050@15,20.000-@9.99"
    assert to_text([]) == ""


@given(st.text(max_size=60))
def test_what_is_no_stretch_is_passed_over(text: str) -> None:
    assert all(isinstance(stretch, Stretch) for stretch in from_text(text))


def test_what_was_left_out_follows_from_the_rates() -> None:
    stretches = [Stretch(0, 2 * S, 15.0), Stretch(8 * S, None, 10.0)]
    assert skipped_frames(stretches, 10 * S, round(S / 30)) == 2 * 15 + 2 * 20
    assert skipped_frames(stretches, S, round(S / 30)) == 15
    assert skipped_frames([], 10 * S, round(S / 30)) == 0
