"""Beats at rational rates, and the patience of a paced source."""

import threading
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hal.drivers.clock.virtual import VirtualClock
from hal.drivers.pacing import Beat, Pacer
from hal.interfaces.clock import NS_PER_S

rates = st.fractions(min_value=Fraction(1, 10), max_value=200, max_denominator=1001)
numbers = st.integers(0, 10**8)


@given(rate=rates, number=numbers, epoch=st.integers(0, 10**18))
def test_a_beat_is_the_exact_instant_rounded_down(rate: Fraction, number: int, epoch: int) -> None:
    exact = epoch + number * NS_PER_S / rate
    assert 0 <= exact - Beat(epoch, rate).at_ns(number) < 1


@given(rate=rates, epoch=st.integers(0, 10**15), later=st.integers(-(10**12), 10**15))
def test_the_first_beat_from_an_instant_is_not_before_it_and_the_one_before_is(
    rate: Fraction, epoch: int, later: int
) -> None:
    beat, instant = Beat(epoch, rate), epoch + later
    first = beat.first_from(instant)
    assert beat.at_ns(first) >= instant
    assert first == 0 or beat.at_ns(first - 1) < instant


@given(rate=rates, later=st.integers(0, 10**15))
def test_the_newest_beat_has_come_and_its_follower_has_not(rate: Fraction, later: int) -> None:
    beat = Beat(5, rate)
    newest = beat.newest_at(5 + later)
    assert beat.at_ns(newest) <= 5 + later < beat.at_ns(newest + 1)


def test_what_is_exactly_as_old_as_the_backlog_is_not_too_late() -> None:
    clock = VirtualClock(monotonic_ns=NS_PER_S)
    pacer = Pacer(clock, threading.Event(), backlog_s=1.0)
    assert not pacer.too_late(0)
    clock.advance_ns(1)
    assert pacer.too_late(0)
