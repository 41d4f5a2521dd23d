"""A camera and a microphone that were started on one epoch belong together, exactly."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hal.drivers.clock.virtual import VirtualClock
from hal.drivers.scene_code import is_flash, read_counter, tone_starts
from hal.interfaces.camera import Camera
from hal.interfaces.clock import NS_PER_S
from hal.interfaces.microphone import Microphone
from hal.registry import open_camera, open_microphone
from tests.contract.clips import SceneClip

EPOCH_NS = 123_456_789
Pair = tuple[Camera, Microphone]


def seen_and_heard(
    pair: Callable[[VirtualClock], Pair], late_s: float, seconds: int
) -> tuple[list[int], list[int]]:
    """Capture times at which flashes and tones begin, nanoseconds since the epoch."""
    clock = VirtualClock(monotonic_ns=EPOCH_NS + round(late_s * NS_PER_S))
    camera, microphone = pair(clock)
    mode = camera.start(EPOCH_NS)
    microphone.start(EPOCH_NS)
    flashes, lit, blocks = [], True, []
    for _ in range(seconds * 20):
        while (frame := camera.read(0)) is not None:
            before, lit = lit, is_flash(frame.pixels[: mode.height_px])
            assert read_counter(frame.pixels[: mode.height_px]) is not None
            if lit and not before:
                flashes.append(frame.capture_ns - EPOCH_NS)
        while (block := microphone.read(0)) is not None:
            blocks.append(block)
        clock.advance_s(0.05)
    camera.close()
    microphone.close()
    sound = np.concatenate([block.samples[:, 0] for block in blocks])
    begin_ns = blocks[0].capture_ns - EPOCH_NS
    return flashes, [begin_ns + start * NS_PER_S // 48_000 for start in tone_starts(sound, 48_000)]


@pytest.mark.parametrize("rate", ["25", "30", "30000/1001"])
@pytest.mark.parametrize("late_s", [0, 0.333, 7.77])
def test_flash_and_tone_of_the_scene_are_at_one_instant(rate: str, late_s: float) -> None:
    def pair(clock: VirtualClock) -> Pair:
        size = {"width_px": 320, "height_px": 240, "rate_hz": rate}
        return open_camera("scene", clock=clock, options=size), open_microphone(
            "scene", clock=clock
        )

    flashes, tones = seen_and_heard(pair, late_s, 5)
    frame_ns = 0 if Fraction(rate).denominator == 1 else NS_PER_S / Fraction(rate)
    assert len(flashes) >= 4
    assert len(tones) == len(flashes)
    for flash_ns, tone_ns in zip(flashes, tones, strict=True):
        second_ns = round(flash_ns / NS_PER_S) * NS_PER_S
        assert 0 <= flash_ns - second_ns <= frame_ns
        assert abs(tone_ns - second_ns) <= 1_000_000


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize("late_s", [0, 0.333, 10.9])
def test_flash_and_tone_of_a_clip_stay_together_over_rounds(
    suffix: str, late_s: float, tmp_path: Path
) -> None:
    """A round of 85 frames is 3.4 s long, so its end falls between two tones."""
    path = str(SceneClip(85).write(tmp_path / f"scene.{suffix}"))

    def pair(clock: VirtualClock) -> Pair:
        options = {"path": path}
        return open_camera("file", clock=clock, options=options), open_microphone(
            "file", clock=clock, options=options
        )

    flashes, tones = seen_and_heard(pair, late_s, 15)
    within = [at for at in flashes if at % (3_400_000_000) > 500_000_000]
    assert len(within) >= 10
    for flash_ns in within:
        assert min(abs(flash_ns - tone_ns) for tone_ns in tones) <= 4_000_000
