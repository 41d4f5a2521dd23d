"""How far sound and picture of a finished clip are from each other, and from when they were taken.

Used by `tests/soak/recorder_drift.py`; the scene's code says what a flash and a tone are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hal.drivers.scene_code import tone_starts
from tests.support.measure import Measured, Sound, measure

_AROUND_S = 0.3
_EDGE_S = 0.35
"""A flash this near to an end of the clip is not looked at: its tone may lie beyond."""


@dataclass(frozen=True)
class Beat:
    """A full second, as the clip has it."""

    at_s: float
    """True time of the flash."""
    late_s: float | None
    """How much later the tone begins than the flash; None without one tone there."""


@dataclass(frozen=True)
class Found:
    """What a clip holds."""

    beats: list[Beat]
    numbers: list[int | None]
    picture_error_s: float
    """The farthest that a picture is from when it was taken."""


def look_at(
    path: Path, start_s: float, sound_from_s: float, taken_s: Callable[[int], float]
) -> Found:
    """Decode a clip that begins at `start_s`. `taken_s` says when a picture was taken by its
    number; sound is expected from `sound_from_s` on."""
    clip = measure(path)
    beats = list(_beats(clip, start_s, sound_from_s))
    errors = [
        abs(start_s + picture.time_s - taken_s(picture.number))
        for picture in clip.pictures
        if picture.number is not None
    ]
    return Found(beats, clip.numbers, max(errors))


def _beats(clip: Measured, start_s: float, sound_from_s: float) -> Iterator[Beat]:
    last_s = clip.duration_s - _EDGE_S
    for flash_s in clip.flash_starts_s:
        if max(_EDGE_S, sound_from_s - start_s + _EDGE_S) <= flash_s <= last_s:
            yield Beat(start_s + flash_s, tone_behind(clip.sound, flash_s))


def tone_behind(sound: Sound | None, flash_s: float) -> float | None:
    """How much later than `flash_s` the one tone around it begins; None if there is not one."""
    if sound is None:
        return None
    heard = sound.between(flash_s - _AROUND_S, flash_s + _AROUND_S)
    starts = tone_starts(heard, sound.rate_hz)
    return starts[0] / sound.rate_hz - _AROUND_S if len(starts) == 1 else None
