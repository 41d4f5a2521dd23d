"""The microphone's clock against the capture clock: found whatever jitters, is lost or jumps."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.media.drift import Drift, DriftEstimate
from tests.unit.media.media_packets import MS, S

RATE_HZ, BLOCK = 48_000, 960


def stamped(
    seconds: float, ppm: float, *, jitter_ns: float = 0.0, seed: int = 1, start_ns: int = 5 * S
) -> list[tuple[int, int, int]]:
    """Blocks of a microphone that gives `ppm` too many samples a second: capture time, samples,
    samples lost before."""
    count = round(seconds * RATE_HZ / BLOCK)
    true_ns = np.arange(count) * BLOCK * S / (RATE_HZ * (1 + ppm / 1e6))
    shake = np.random.default_rng(seed).normal(0, jitter_ns, count)
    return [(start_ns + round(at_ns), BLOCK, 0) for at_ns in true_ns + shake]


def measured(blocks: list[tuple[int, int, int]], rate_hz: int = RATE_HZ) -> Drift | None:
    estimate = DriftEstimate(rate_hz)
    for block in blocks:
        estimate.add(*block)
    return estimate.drift


@settings(deadline=None, max_examples=30)
@given(ppm=st.floats(-500, 500), start_ns=st.integers(0, 2**55))
def test_exact_stamps_give_the_drift_itself(ppm: float, start_ns: int) -> None:
    drift = measured(stamped(30, ppm, start_ns=start_ns))
    assert drift is not None and drift.ppm == pytest.approx(ppm, abs=0.01)


@settings(deadline=None, max_examples=20)
@given(ppm=st.floats(-500, 500), jitter_ms=st.floats(0, 3), seed=st.integers(0, 2**32 - 1))
def test_jitter_makes_it_less_sure_and_it_says_by_how_much(
    ppm: float, jitter_ms: float, seed: int
) -> None:
    drift = measured(stamped(120, ppm, jitter_ns=jitter_ms * MS, seed=seed))
    assert drift is not None
    # Six standard errors, and what stamps of whole nanoseconds leave.
    assert abs(drift.ppm - ppm) <= 6 * drift.error_ppm + 0.01
    assert drift.error_ppm <= 2.0


@settings(deadline=None, max_examples=30)
@given(
    ppm=st.floats(-300, 300),
    holes=st.lists(st.tuples(st.integers(100, 5900), st.integers(1, 400)), max_size=8),
    told=st.booleans(),
)
def test_holes_and_jumps_tilt_nothing_whether_they_are_told_or_not(
    ppm: float, holes: list[tuple[int, int]], told: bool
) -> None:
    blocks = stamped(120, ppm, jitter_ns=0.1 * MS)
    gone = {number for first, length in holes for number in range(first, first + length)}
    kept = [n for n in range(len(blocks)) if n not in gone]
    given_blocks = [blocks[kept[0]]]
    for before, number in pairwise(kept):
        lost = (number - before - 1) * BLOCK if told else 0
        given_blocks.append((blocks[number][0], BLOCK, lost))
    drift = measured(given_blocks)
    if drift is not None:
        assert abs(drift.ppm - ppm) <= 6 * drift.error_ppm + 0.01


def test_stamps_that_are_early_at_first_do_not_count() -> None:
    blocks = stamped(60, 50.0)
    early = [
        (at_ns - max(0, 160 * MS - (at_ns - 5 * S) // 3), n, lost) for at_ns, n, lost in blocks
    ]
    drift = measured(early)
    assert drift is not None and drift.ppm == pytest.approx(50.0, abs=0.01)


def test_one_stamp_that_is_far_off_does_not_count() -> None:
    blocks = stamped(60, 50.0)
    blocks[1500] = (blocks[1500][0] + 300 * MS, BLOCK, 0)
    drift = measured(blocks)
    assert drift is not None and drift.ppm == pytest.approx(50.0, abs=0.01)


def test_nothing_is_said_before_it_is_known() -> None:
    assert measured([]) is None
    assert measured(stamped(1.02, 100.0)) is None
    assert measured(stamped(20, 100.0)) is None
    assert measured(stamped(22, 100.0)) is not None
    assert measured(stamped(22, 100.0, jitter_ns=2.6 * MS)) is None
    assert measured(stamped(45, 100.0, jitter_ns=2.6 * MS)) is not None


def test_stretches_that_are_all_too_short_say_nothing() -> None:
    blocks = [
        (at_ns, n, BLOCK if i % 50 == 0 else 0)
        for i, (at_ns, n, _) in enumerate(stamped(60, 100.0))
    ]
    assert measured(blocks) is None


def test_an_eight_hour_session_is_as_exact_as_a_short_one() -> None:
    estimate = DriftEstimate(16_000)
    step_ns = 100 * MS
    for number in range(8 * 36_000):
        estimate.add(number * step_ns, 1600 + (number % 100 == 99))
    drift = estimate.drift
    # A sample more in each 10 s of 16 kHz.
    assert drift is not None and drift.ppm == pytest.approx(1e6 / 160_000, abs=0.01)
