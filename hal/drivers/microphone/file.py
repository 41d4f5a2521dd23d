"""The sound of a clip as a microphone, over and over, in step with the `file` camera.

Who uses it: whoever uses the `file` camera on the same path; a sound file alone works as well.
"""

import threading
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path

import numpy as np

from hal.drivers.clip_file import Damage, measure
from hal.drivers.lifecycle import StartedDriver
from hal.drivers.microphone.clip_sound import RATE_HZ, Samples, is_decodable, sound
from hal.drivers.options import require, require_positive
from hal.drivers.pacing import DEFAULT_BACKLOG_S, Beat, Pacer
from hal.errors import DeviceLostError, DeviceMissingError
from hal.interfaces.clock import Clock
from hal.interfaces.microphone import AudioBlock, MicrophoneMode

BLOCK_SAMPLES = 960
"""20 ms."""


class FileMicrophone(StartedDriver):
    """The `file` microphone: 48 kHz. One reader thread; `close` may come from another.

    Round n begins at the sample nearest to epoch + n * length, where the `file` camera on the
    same path begins it too; the round's length is that of the pictures.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        path: Path,
        channels: int = 1,
        backlog_s: float = DEFAULT_BACKLOG_S,
    ) -> None:
        """`channels` 1 or 2, whatever the file has; a reader later than `backlog_s` misses
        sound. Raises `DriverOptionError`."""
        super().__init__(f"the file microphone on {path}")
        require(channels in (1, 2), "channels", channels, "1 or 2")
        require_positive("backlog_s", backlog_s)
        self._path = Path(path)
        self._channels = channels
        self._clock = clock
        self._pacer = Pacer(clock, self.closing, backlog_s)
        self._lock = threading.Lock()
        self._damage = Damage(self._path)

    def start(self, epoch_ns: int) -> MicrophoneMode:
        """Measure the file and begin with the first block that begins from now on. Raises
        `DeviceMissingError` when the file is not there, damaged or has no sound."""
        self.begin()
        timing = measure(self._path)
        if not is_decodable(self._path, timing, self._channels):
            raise DeviceMissingError(f"no sound in {self._path} can be decoded")
        self._timing = timing
        self._samples = Beat(epoch_ns, Fraction(RATE_HZ))
        self._blocks = Beat(epoch_ns, Fraction(RATE_HZ, BLOCK_SAMPLES))
        with self._lock:
            self._next = self._blocks.first_from(self._clock.monotonic_ns())
            self._sound = self._endless(self._next * BLOCK_SAMPLES)
        return MicrophoneMode(RATE_HZ, self._channels)

    def read(self, timeout_s: float) -> AudioBlock | None:
        """The next block once its last sample would have been heard."""
        self.require_started()
        deadline_ns = self._pacer.deadline_ns(timeout_s)
        due_ns = self._blocks.at_ns(self._next + 1)
        lost = self._catch_up() if self._pacer.too_late(due_ns) else 0
        due_ns = self._blocks.at_ns(self._next + 1)
        came = self._pacer.wait_until(due_ns, deadline_ns)
        self.require_open()
        if not came:
            return None
        first = self._next * BLOCK_SAMPLES
        return AudioBlock(self._take(), self._samples.at_ns(first), lost)

    def close(self) -> None:
        """Let the file go, once a decoding under way has ended."""
        super().close()
        with self._lock:
            if hasattr(self, "_sound"):
                self._sound.close()

    def _catch_up(self) -> int:
        """Leave out what is too old; the number of samples left out."""
        newest = self._blocks.newest_at(self._clock.monotonic_ns()) - 1
        left_out = newest - self._next
        for _ in range(left_out):
            self._take()
        return left_out * BLOCK_SAMPLES

    def _take(self) -> Samples:
        with self._lock:
            self.require_open()
            self._next += 1
            try:
                return next(self._sound)
            except StopIteration as error:
                raise DeviceLostError(f"{self.title} has ended: see the error before") from error
            except DeviceMissingError as error:
                raise DeviceLostError(f"{self.title} has gone: {error}") from error

    def _endless(self, first_sample: int) -> Generator[Samples, None, None]:
        """Blocks from sample `first_sample` since the epoch on, across the ends of rounds."""
        held = np.zeros((0, self._channels), np.int16)
        for piece in self._pieces(first_sample):
            held = np.concatenate([held, piece])
            while len(held) >= BLOCK_SAMPLES:
                yield held[:BLOCK_SAMPLES].copy()
                held = held[BLOCK_SAMPLES:]

    def _pieces(self, first_sample: int) -> Generator[Samples, None, None]:
        """All sound from `first_sample` on, round after round."""
        number = int(Fraction(first_sample, RATE_HZ) // self._timing.length)
        number -= self._round_start(number) > first_sample
        skip = first_sample - self._round_start(number)
        while True:
            wanted = self._round_start(number + 1) - self._round_start(number)
            begin = Fraction(skip, RATE_HZ)
            for piece in sound(
                self._path, self._timing, begin, wanted, self._channels, self._damage
            ):
                yield piece[skip:]
                skip = max(0, skip - len(piece))
            number += 1

    def _round_start(self, number: int) -> int:
        """The first sample of a round: the nearest to its exact time, so nothing adds up."""
        return round(number * self._timing.length * RATE_HZ)
