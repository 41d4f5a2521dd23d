"""The sound of the scene: a tone burst at each full second since the epoch.

Who uses it: whoever uses the `scene` camera; started with the same epoch, the burst begins at
the instant at which the flash does.
"""

from fractions import Fraction

import numpy as np

from hal.drivers.lifecycle import StartedDriver
from hal.drivers.options import require_positive
from hal.drivers.pacing import DEFAULT_BACKLOG_S, Beat, Pacer
from hal.drivers.scene_code import tone_second
from hal.interfaces.clock import Clock
from hal.interfaces.microphone import AudioBlock, MicrophoneMode

RATE_HZ = 48_000
BLOCK_SAMPLES = 960
"""20 ms."""


class SceneMicrophone(StartedDriver):
    """The `scene` microphone: 48 kHz, one channel. One reader thread."""

    def __init__(self, clock: Clock, *, backlog_s: float = DEFAULT_BACKLOG_S) -> None:
        """A reader later than `backlog_s` misses sound. Raises `DriverOptionError`."""
        super().__init__("the scene microphone")
        require_positive("backlog_s", backlog_s)
        self._clock = clock
        self._pacer = Pacer(clock, self.closing, backlog_s)
        self._second = np.tile(tone_second(RATE_HZ), 2)[:, None]

    def start(self, epoch_ns: int) -> MicrophoneMode:
        """Begin with the first block that begins from now on; sample 0 is at `epoch_ns`."""
        self.begin()
        self._samples = Beat(epoch_ns, Fraction(RATE_HZ))
        self._blocks = Beat(epoch_ns, Fraction(RATE_HZ, BLOCK_SAMPLES))
        self._next = self._blocks.first_from(self._clock.monotonic_ns())
        return MicrophoneMode(RATE_HZ, 1)

    def read(self, timeout_s: float) -> AudioBlock | None:
        """The next block once its last sample was heard, as with a sound card."""
        self.require_started()
        lost = self._catch_up()
        due_ns = self._blocks.at_ns(self._next + 1)
        came = self._pacer.wait_until(due_ns, self._pacer.deadline_ns(timeout_s))
        self.require_open()
        if not came:
            return None
        block, self._next = self._next, self._next + 1
        first = block * BLOCK_SAMPLES
        samples = self._second[first % RATE_HZ :][:BLOCK_SAMPLES].copy()
        return AudioBlock(samples, self._samples.at_ns(first), lost)

    def _catch_up(self) -> int:
        """Leave out what is too old; the number of samples left out."""
        if not self._pacer.too_late(self._blocks.at_ns(self._next + 1)):
            return 0
        newest = self._blocks.newest_at(self._clock.monotonic_ns()) - 1
        left_out, self._next = newest - self._next, newest
        return left_out * BLOCK_SAMPLES
