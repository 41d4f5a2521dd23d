"""Pictures and sound for the encoders: small, and such that one can tell what came out."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from hal.drivers.camera.scene import ScenePicture
from hal.interfaces.camera import CameraMode, PixelFormat
from hal.interfaces.microphone import AudioBlock
from tests.unit.media.media_packets import S

SCENE = CameraMode(320, 240, Fraction(10), PixelFormat.I420)
"""The smallest picture in which the scene's counter is read with ease."""


def plain(luma: int = 100, width_px: int = 64, height_px: int = 64) -> npt.NDArray[np.uint8]:
    """One grey: I420 of shape (height * 3 // 2, width)."""
    pixels = np.full((height_px * 3 // 2, width_px), 128, np.uint8)
    pixels[:height_px] = luma
    return pixels


def scene(number: int) -> npt.NDArray[np.uint8]:
    """A frame of the scene."""
    return ScenePicture(SCENE.width_px, SCENE.height_px, SCENE.rate_hz).draw(number)


def tone_blocks(
    seconds: float,
    *,
    rate_hz: int = 48_000,
    drift_ppm: float = 0.0,
    channels: int = 1,
    start_ns: int = 5 * S,
) -> Iterator[AudioBlock]:
    """Blocks of 20 ms from a microphone whose own clock runs `drift_ppm` fast, with a click at
    each full second of the capture clock."""
    block = rate_hz // 50
    true_rate_hz = rate_hz * (1 + drift_ppm / 1e6)
    for number in range(round(seconds * 50)):
        first = number * block
        at_s = (first + np.arange(block)) / true_rate_hz
        clicks = (at_s % 1.0) < 0.005
        samples = (clicks * 20_000 * np.sin(2 * np.pi * 1_000 * at_s)).astype(np.int16)
        both = np.repeat(samples[:, None], channels, axis=1)
        yield AudioBlock(both, start_ns + round(first / true_rate_hz * S), 0)
