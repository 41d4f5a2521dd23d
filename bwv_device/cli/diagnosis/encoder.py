"""The encoder, tried by encoding pictures: a name in a list of codecs proves nothing."""

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.configuration import Configuration
from bwv_device.errors import BwvError
from hal.driver_table import PartKind
from hal.interfaces.camera import CameraMode, PixelFormat
from hal.interfaces.clock import Clock
from hal.registry import drivers, open_clock

if TYPE_CHECKING:
    from bwv_device.media.encoders.choice import Choice


def encoder(configuration: Configuration, clock: Clock | None = None) -> Iterator[Finding]:
    """H.264 at the configured size and rate: which encoder and preset, how fast, and why."""
    if _camera_encodes(configuration):
        yield from _passed_through(configuration)
    video = configuration.video
    asked = f"{video.width_px} x {video.height_px} at {video.rate_hz:g} Hz"
    try:
        chosen, when = _chosen(configuration, clock or open_clock())
    except ImportError as error:
        cure = "pip install 'bwv-device[pi]'"
        yield Finding("encoder", Health.MISSING, f"PyAV is not there: {error}", cure)
    except BwvError as error:
        yield Finding("encoder", Health.MISSING, str(error), "see the error; change [video]")
    else:
        by = f"{chosen.encoder} {chosen.preset}".rstrip()
        rate = f"encodes {chosen.rate_hz:.0f} frames a second here ({when})"
        cure = "choose video.preset ultrafast, a smaller picture or a lower rate"
        fine = chosen.is_fast_enough
        yield Finding(
            "encoder",
            Health.OK if fine else Health.WARN,
            f"H.264, {asked}, by {by}: {rate}; {chosen.why}",
            "" if fine else cure,
        )


def _camera_encodes(configuration: Configuration) -> bool:
    """Whether the configured camera delivers H.264 itself."""
    return any(
        row.encodes
        for row in drivers(PartKind.CAMERA)
        if row.name == configuration.parts.camera.driver
    )


def _passed_through(configuration: Configuration) -> Iterator[Finding]:
    """What follows from a camera that encodes; the encoder below is for slates alone."""
    about = (
        "the camera's own, passed on as it is; what is encoded here are the slates that stand in"
        " for a camera that is lost, each stretch of them a clip of its own"
    )
    yield Finding("picture", Health.OK, about)
    if configuration.video.overlay:
        text = "no time, model and serial on the picture: nothing is drawn on H.264"
        cure = "set video.overlay to false, or use a camera driver that delivers pictures"
        yield Finding("overlay", Health.WARN, text, cure)


def _chosen(configuration: Configuration, clock: Clock) -> "tuple[Choice, str]":
    """What a start uses or would choose, and when it was measured; stores nothing. Raises
    `EncoderError`, or `ImportError` without PyAV."""
    from bwv_device.media.encoders import choice_file
    from bwv_device.media.encoders.choice import choose

    video, folder = configuration.video, configuration.storage.folder
    rate_hz = Fraction(video.rate_hz).limit_denominator(1001)
    mode = CameraMode(video.width_px, video.height_px, rate_hz, PixelFormat.I420)
    former = choice_file.recall(folder, choice_file.key_of(mode, video))
    if former is not None:
        return former, f"measured at a start; remove {folder / choice_file.FILE} to measure anew"
    return choose(mode, video, clock), "measured now"
