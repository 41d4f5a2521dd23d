"""The encoder, tried by encoding pictures: a name in a list of codecs proves nothing."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.configuration import Configuration
from bwv_device.errors import BwvError
from hal.interfaces.camera import CameraMode, PixelFormat
from hal.interfaces.clock import NS_PER_S, Clock
from hal.registry import open_clock

PROBE_FRAMES = 30
COMFORTABLE = 2.0
"""A warning below this many times the wanted rate: a busy scene costs more than the probe's."""


def encoder(configuration: Configuration, clock: Clock | None = None) -> Iterator[Finding]:
    """H.264 at the configured size and rate: does it open, and how fast is it here?"""
    video = configuration.video
    asked = f"{video.width_px} x {video.height_px} at {video.rate_hz:g} Hz, {video.preset}"
    try:
        rate_hz = _probe(configuration, clock or open_clock())
    except ImportError as error:
        cure = "pip install 'bwv-device[pi]'"
        yield Finding("encoder", Health.MISSING, f"PyAV is not there: {error}", cure)
    except BwvError as error:
        yield Finding("encoder", Health.MISSING, str(error), "see the error; change [video]")
    else:
        seen = f"H.264, {asked}: encodes {rate_hz:.0f} frames a second here"
        cure = "choose video.preset ultrafast, a smaller picture or a lower rate"
        slow = rate_hz < COMFORTABLE * video.rate_hz
        yield Finding("encoder", Health.WARN if slow else Health.OK, seen, cure if slow else "")


def _probe(configuration: Configuration, clock: Clock) -> float:
    """Frames a second over `PROBE_FRAMES` pictures of moving noise. Raises `EncoderError`, or
    `ImportError` without PyAV."""
    from bwv_device.media.encoders.x264 import X264Encoder

    video = configuration.video
    rate_hz = Fraction(video.rate_hz).limit_denominator(1001)
    mode = CameraMode(video.width_px, video.height_px, rate_hz, PixelFormat.I420)
    encoder = X264Encoder(mode, video, epoch_ns=0)
    shape = (video.height_px * 3 // 2, video.width_px)
    picture = np.random.default_rng(0).integers(96, 160, shape, dtype=np.uint8)
    begin_ns = clock.monotonic_ns()
    for number in range(PROBE_FRAMES):
        moved = np.roll(picture, number, axis=0)
        encoder.encode(moved, round(number * NS_PER_S / rate_hz), 0)
    return PROBE_FRAMES * NS_PER_S / max(1, clock.monotonic_ns() - begin_ns)
