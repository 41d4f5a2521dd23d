"""A flash and a tone at each full second, for a camera of uneven rate and a microphone whose clock
is off and whose stamps jitter. Everything is known to the nanosecond, so files can be judged.

Used by `tests/soak/recorder_drift.py`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hal.interfaces.clock import NS_PER_S
from hal.interfaces.microphone import AudioBlock
from tests.support.lockstep import Scenery

_MS = 1_000_000
STAMP_JITTER_NS, _MOST_JITTER_NS = 2.6 * _MS, 8 * _MS
"""Of a sound card's stamps, as over PulseAudio (docs/design/hardware-layer.md); cut at three times
that, as a stamp never passes the one before."""
_EARLY_NS, _EARLY_BLOCKS = 160 * _MS, 25
"""So much too early were the stamps of the first half second there."""
FRAME_JITTER = 0.3
"""Frames come so much of a frame early or late, but for those at full seconds."""
_ROUND = 4096
"""Jitter repeats after so many, which is no multiple of anything here."""


@dataclass(frozen=True)
class DriftingScenery(Scenery):
    """`second` is heard at the true seconds; the clock that counts the microphone's samples is
    `ppm` parts in a million fast."""

    ppm: float = 0.0
    seed: int = 1
    start_ns: int = 0
    """When camera and microphone are switched on."""

    def frame_at_ns(self, number: int) -> int:
        """When frame `number` is taken: exactly, if at a full second."""
        due_ns = super().frame_at_ns(number)
        return due_ns if due_ns % NS_PER_S == 0 else due_ns + int(self._shake[number % _ROUND])

    def first_frame_from(self, instant_ns: int) -> int:
        """The first frame that is taken at `instant_ns` or later."""
        number = max(0, super().first_frame_from(instant_ns) - 1)
        while self.frame_at_ns(number) < instant_ns:
            number += 1
        return number

    def block_end_ns(self, number: int) -> int:
        """When block `number` of the sound is truly over."""
        return self._sample_ns((number + 1) * self.block_samples)

    def block(self, number: int) -> AudioBlock:
        """Block `number`, with a stamp as a sound card gives it."""
        first = number * self.block_samples
        true_places = np.arange(first, first + self.block_samples) / self._fast
        places = np.rint(true_places).astype(np.int64) % self.sound_hz
        return AudioBlock(self.second[places], self._stamp_ns(number), 0)

    def count_s(self, number: int) -> float:
        """When sample `number` would be, had somebody only counted samples since `start_ns`."""
        first = self._blocks_before * self.block_samples
        return self._sample_ns(first) / NS_PER_S + (number - first) / self.sound_hz

    def block_at(self, instant_s: float) -> int:
        """The block in which a true instant lies."""
        return int(instant_s * self.sound_hz * self._fast) // self.block_samples

    def _stamp_ns(self, number: int) -> int:
        since = number - self._blocks_before
        early_ns = max(0, _EARLY_NS * (_EARLY_BLOCKS - since) // _EARLY_BLOCKS)
        true_ns = self._sample_ns(number * self.block_samples)
        return true_ns + int(self._jitter[number % _ROUND]) - early_ns

    def _sample_ns(self, number: int) -> int:
        return round(number * NS_PER_S / (self.sound_hz * self._fast))

    @property
    def _fast(self) -> float:
        return 1 + self.ppm / 1e6

    @cached_property
    def _blocks_before(self) -> int:
        """As the microphone chooses its first block."""
        return -(-self.start_ns * self.sound_hz // (self.block_samples * NS_PER_S))

    @cached_property
    def _jitter(self) -> npt.NDArray[np.float64]:
        drawn = np.random.default_rng(self.seed).normal(0, STAMP_JITTER_NS, _ROUND)
        return drawn.clip(-_MOST_JITTER_NS, _MOST_JITTER_NS)

    @cached_property
    def _shake(self) -> npt.NDArray[np.float64]:
        frame_ns = NS_PER_S / self.mode.rate_hz
        most_ns = float(FRAME_JITTER * frame_ns)
        return np.random.default_rng(self.seed + 1).uniform(-most_ns, most_ns, _ROUND)
