"""Blocks of sound gathered: every sample once, in order, where its time says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.media.sound_batch import BATCH_NS, SoundBatch
from hal.interfaces.microphone import AudioBlock
from tests.unit.media.media_packets import MS
from tests.unit.media.media_pictures import tone_blocks
from tests.unit.media.test_sound_encoder import assert_in_step, clicks_s, decoded, encoded

RATE_HZ = 48_000


def block(first: int, count: int, *, late_ns: int = 0, lost: int = 0) -> AudioBlock:
    """`count` samples that hold their own number, `late_ns` behind where they were due."""
    samples = np.arange(first, first + count).astype(np.int16).reshape(-1, 1)
    return AudioBlock(samples, first * 10**9 // RATE_HZ + late_ns, lost)


def gathered(blocks: list[AudioBlock]) -> list[AudioBlock]:
    """All that comes out, and what is left at the end."""
    batch = SoundBatch(RATE_HZ)
    out = [batch.add(each) for each in blocks]
    return [each for each in [*out, batch.take(), batch.take()] if each is not None]


def test_four_blocks_of_a_card_become_one() -> None:
    out = gathered([block(960 * n, 960) for n in range(10)])
    assert [len(each.samples) for each in out] == [3840, 3840, 1920]
    assert [each.capture_ns for each in out] == [0, 80 * MS, 160 * MS]


def test_a_block_that_is_long_enough_is_passed_on_as_it_is() -> None:
    long = block(0, 4_800)
    assert SoundBatch(RATE_HZ).add(long) is long


def test_nothing_held_is_nothing_to_take() -> None:
    assert SoundBatch(RATE_HZ).take() is None


@pytest.mark.parametrize(
    "late", [block(960, 960, late_ns=300 * MS), block(960, 960, late_ns=-25 * MS),
             block(960, 960, lost=480)],
    ids=["late", "early", "lost"],
)  # fmt: skip
def test_a_block_that_does_not_follow_on_begins_a_new_batch(late: AudioBlock) -> None:
    first, second = gathered([block(0, 960), late])
    assert (first.capture_ns, len(first.samples)) == (0, 960)
    assert second is late


def test_stamps_that_shake_do_not_part_a_batch() -> None:
    assert len(gathered([block(0, 960), block(960, 960, late_ns=5 * MS)])) == 1


@given(
    st.lists(
        st.tuples(st.integers(1, 6_000), st.sampled_from([0, 0, 0, 5 * MS, 500 * MS]),
                  st.sampled_from([0, 0, 0, 48])),
        max_size=40,
    )
)  # fmt: skip
def test_every_sample_comes_out_once_in_order_and_near_its_time(
    steps: list[tuple[int, int, int]],
) -> None:
    blocks, first = [], 0
    for count, late_ns, lost in steps:
        blocks.append(block(first, count, late_ns=late_ns, lost=lost))
        first += count
    out = gathered(blocks)
    samples = [sample for each in out for sample in each.samples[:, 0]]
    assert samples == list(np.arange(first).astype(np.int16))
    stamps = {each.capture_ns for each in blocks}
    assert all(each.capture_ns in stamps for each in out)
    assert sum(each.lost_before for each in out) == sum(each.lost_before for each in blocks)
    longest_ns = max((len(each.samples) for each in blocks), default=0) * 10**9 // RATE_HZ
    assert all(len(each.samples) * 10**9 // RATE_HZ <= BATCH_NS + longest_ns + MS for each in out)


def test_a_long_block_behind_a_gap_is_not_made_longer() -> None:
    blocks = [block(0, 1), block(1, 4_800, lost=48), block(4_801, 4_800)]
    assert [len(each.samples) for each in gathered(blocks)] == [1, 4_800, 4_800]


@pytest.mark.parametrize("drift_ppm", [200.0, -200.0])
def test_gathered_sound_of_a_drifting_microphone_stays_in_step(drift_ppm: float) -> None:
    seconds = 120
    blocks = gathered(list(tone_blocks(seconds, drift_ppm=drift_ppm)))
    assert_in_step(clicks_s(decoded(*encoded(blocks)))[:seconds], seconds, 0.020)


def test_a_gap_is_filled_where_it_was() -> None:
    blocks = [each for each in tone_blocks(6) if not 2.51 <= each.capture_ns / 10**9 - 5 < 3.53]
    packets, extradata = encoded(gathered(blocks))
    clicks = clicks_s(decoded(packets, extradata))
    # The click at 3 s fell into the gap.
    assert clicks == pytest.approx([0, 1, 2, 4, 5], abs=0.020)
