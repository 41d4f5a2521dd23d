"""Beeps as samples; used by the sounder that has a sound card."""

import numpy as np
import numpy.typing as npt

from hal.interfaces.sounder import Beep

RATE_HZ = 48_000
_LEVEL = 0.5
_EDGE_S = 0.004
"""Rise and fall, so that a beep does not click."""


def samples_of(pattern: tuple[Beep, ...]) -> npt.NDArray[np.float32]:
    """The whole pattern with its pauses: shape (samples,), from -1 to 1."""
    pieces = [piece for beep in pattern for piece in (_tone(beep), _pause(beep))]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _tone(beep: Beep) -> npt.NDArray[np.float32]:
    t = np.arange(round(beep.on_s * RATE_HZ)) / RATE_HZ
    edges = np.minimum(t, t[::-1]) / _EDGE_S
    wave = _LEVEL * np.minimum(edges, 1) * np.sin(2 * np.pi * beep.frequency_hz * t)
    return np.asarray(wave, np.float32)


def _pause(beep: Beep) -> npt.NDArray[np.float32]:
    return np.zeros(round(beep.off_s * RATE_HZ), np.float32)
