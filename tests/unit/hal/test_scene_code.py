"""The scene's frame number, flash and tone: readable after encoding, never read wrongly."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.drivers.camera.scene import ScenePicture
from hal.drivers.scene_code import (
    BITS_PER_ROW,
    BLACK,
    NUMBERS,
    OVERLAY_PX,
    WHITE,
    Layout,
    counter_levels,
    flash_is_due,
    is_flash,
    read_counter,
    tone_second,
    tone_starts,
)
from tests.contract.clips import SceneClip

SMALL = ScenePicture(320, 240, Fraction(30))


def luma_of(number: int) -> np.ndarray:
    return SMALL.draw(number)[:240]


@given(number=st.integers(0, NUMBERS - 1))
def test_every_number_is_read_back(number: int) -> None:
    assert read_counter(luma_of(number)) == number


@given(number=st.integers(0, NUMBERS - 1), bit=st.integers(0, 2 * BITS_PER_ROW - 1))
def test_a_single_wrong_bit_makes_no_number(number: int, bit: int) -> None:
    luma = luma_of(number)
    layout = Layout(320, 240)
    row, column = divmod(bit, BITS_PER_ROW)
    rows, columns = layout.counter_row(row)
    cell = luma[rows, columns][:, (column + 1) * layout.cell_px : (column + 2) * layout.cell_px]
    cell[:] = BLACK + WHITE - cell
    assert read_counter(luma) is None


@given(number=st.integers(0, NUMBERS - 1), seed=st.integers(0, 2**32 - 1))
def test_noise_and_dimming_do_not_change_the_number(number: int, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 25, (240, 320))
    spoilt = np.clip(luma_of(number) * 0.9 + 10 + noise, 0, 255).astype(np.uint8)
    assert read_counter(spoilt) == number


@given(seed=st.integers(0, 2**32 - 1), level=st.integers(0, 255))
def test_no_other_picture_has_a_number(seed: int, level: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (240, 320), dtype=np.uint8)
    assert read_counter(noise) is None
    assert read_counter(np.full((240, 320), level, np.uint8)) is None


@pytest.mark.parametrize("number", [17, NUMBERS - 1])
def test_half_of_one_frame_and_half_of_another_make_no_number(number: int) -> None:
    torn = luma_of(number)
    torn[: Layout(320, 240).counter_row(1)[0].start] = luma_of(number - 1)[
        : Layout(320, 240).counter_row(1)[0].start
    ]
    assert read_counter(torn) in (None, number)


def test_a_picture_too_small_for_the_code_has_no_number() -> None:
    assert read_counter(np.zeros((64, 64), np.uint8)) is None


@given(
    width=st.integers(80, 2000).map(lambda half: 2 * half),
    height=st.integers(69, 1100).map(lambda half: 2 * half),
)
def test_the_code_is_clear_of_overlays_and_inside_the_picture(width: int, height: int) -> None:
    layout = Layout(width, height)
    assert layout.fits
    for rows, columns in (layout.flash, layout.counter_row(0), layout.counter_row(1)):
        assert OVERLAY_PX <= rows.start < rows.stop <= height
        assert 0 <= columns.start < columns.stop <= width
    assert layout.flash[0].stop <= layout.counter_row(0)[0].start


def test_an_overlay_over_the_top_hides_nothing() -> None:
    luma = luma_of(4711)
    luma[:OVERLAY_PX] = WHITE
    assert read_counter(luma) == 4711


@given(
    number=st.integers(0, 100_000),
    rate=st.sampled_from([Fraction(24), Fraction(25), Fraction(30), Fraction(30000, 1001)]),
)
def test_the_flash_begins_with_the_first_frame_of_a_second(number: int, rate: Fraction) -> None:
    begins = flash_is_due(number, rate) and (number == 0 or not flash_is_due(number - 1, rate))
    second_changes = number == 0 or (number / rate) // 1 > ((number - 1) / rate) // 1
    assert begins == second_changes


def test_the_counter_has_two_guarded_rows() -> None:
    levels = counter_levels(0)
    assert levels.shape == (2, 18)
    assert levels[:, 0].tolist() == [WHITE, BLACK]
    assert levels[:, -1].tolist() == [BLACK, WHITE]


@pytest.mark.parametrize("bit_rate", [1_000_000, 2_000_000, 4_000_000])
def test_h264_leaves_number_flash_and_tone_readable(tmp_path: Path, bit_rate: int) -> None:
    rate = Fraction(30)
    clip = SceneClip(66, 1280, 720, rate, bit_rate)
    with av.open(str(clip.write(tmp_path / "scene.mp4"))) as container:
        for count, frame in enumerate(container.decode(video=0)):
            luma = frame.to_ndarray()[:720]
            assert read_counter(luma) == count
            assert is_flash(luma) == flash_is_due(count, rate)
    assert count == 65


def test_aac_leaves_the_tone_where_it_was(tmp_path: Path) -> None:
    clip = SceneClip(frames=100).write(tmp_path / "scene.mp4")
    with av.open(str(clip)) as container:
        sound = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    starts = tone_starts((sound * 32767).astype(np.int16), 48_000)
    expected = [48_000, 96_000, 144_000]
    assert len(starts) == 3
    assert max(abs(np.subtract(starts, expected))) <= 96


@given(quiet=st.integers(1000, 100_000), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_tones_are_found_in_noise_and_noise_is_no_tone(quiet: int, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 300, quiet + 96_000)
    assert tone_starts(noise.astype(np.int16), 48_000) == []
    noise[quiet:] += np.tile(tone_second(48_000), 2)
    found = tone_starts(noise.astype(np.int16), 48_000)
    assert np.allclose(found, [quiet, quiet + 48_000], atol=96)
    assert len(found) == 2


def test_the_second_of_sound_repeats_without_a_click() -> None:
    second = tone_second(48_000).astype(int)
    steps = np.abs(np.diff(np.concatenate([second, second])))
    assert steps[len(second) - 1] <= np.max(steps[40_000:47_000]) + 1
