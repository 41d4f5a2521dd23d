"""Chooses encoder and preset by measurement.

Who uses it: the opening of an encoder, and `bwv doctor`. The rule: in order of preference, and
of one encoder the slowest preset first, the first that encodes rightly and at twice the wanted
rate. Where none is so fast, the fastest that encodes rightly.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bwv_device.configuration.media import Video
from bwv_device.media.encoders.probe import COMFORTABLE, measure
from bwv_device.media.encoders.table import ENCODERS, EncoderKind
from bwv_device.media.errors import EncoderError
from hal.interfaces.camera import CameraMode
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoder with one of its presets; empty where it has none."""

    kind: EncoderKind
    preset: str

    def settings(self, video: Video) -> Video:
        """The configured settings with this preset in place of `auto`."""
        return video.model_copy(update={"preset": self.preset}) if self.preset else video

    def __str__(self) -> str:
        return f"{self.kind.name} {self.preset}".rstrip()


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, as it is stored and shown."""

    encoder: str
    preset: str
    rate_hz: float
    """Frames a second that it encoded."""
    is_fast_enough: bool
    why: str


def candidates(video: Video, kinds: Sequence[EncoderKind] = ENCODERS) -> tuple[Candidate, ...]:
    """What the configuration allows, in order of preference."""
    allowed = [kind for kind in kinds if video.encoder in ("auto", kind.name)]
    return tuple(
        Candidate(kind, preset) for kind in allowed for preset in _presets(kind, video.preset)
    )


def choose(
    mode: CameraMode, video: Video, clock: Clock, kinds: Sequence[EncoderKind] = ENCODERS
) -> Choice:
    """Try one candidate after another. Raises `EncoderError` when none encodes."""
    slow: list[tuple[float, Candidate]] = []
    against: list[str] = []
    for candidate in candidates(video, kinds):
        if slow and candidate.kind.is_last_resort:
            break
        try:
            rate_hz = measure(candidate.kind.make, mode, candidate.settings(video), clock)
        except EncoderError as error:
            log.info("%s is not used: %s", candidate, error)
            against.append(f"{candidate}: {error}")
            continue
        if rate_hz >= COMFORTABLE * mode.rate_hz:
            return _choice(candidate, rate_hz, True, against)
        slow.append((rate_hz, candidate))
        against.append(f"{candidate}: {rate_hz:.0f} frames a second")
    if not slow:
        raise EncoderError(f"no encoder works here: {'; '.join(against)}")
    rate_hz, candidate = max(slow, key=lambda each: each[0])
    return _choice(candidate, rate_hz, False, against)


def _presets(kind: EncoderKind, asked: str) -> tuple[str, ...]:
    if not kind.presets:
        return ("",)
    return kind.presets if asked == "auto" else (asked,)


def _choice(
    candidate: Candidate, rate_hz: float, is_fast_enough: bool, against: Sequence[str]
) -> Choice:
    why = "first that keeps twice the rate" if is_fast_enough else "fastest, none keeps twice"
    passed_over = f"; passed over: {'; '.join(against)}" if against else ""
    return Choice(candidate.kind.name, candidate.preset, rate_hz, is_fast_enough, why + passed_over)
