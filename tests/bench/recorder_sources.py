"""A camera and a microphone that read footage from memory as fast as they are asked.

Used by the benchmark of the recorder. Time is the footage's own: it goes on by a frame when a
frame is taken, and sound follows the picture, as it does in front of a real camera.
"""

import threading
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hal.interfaces.camera import CameraMode, Frame, PixelFormat
from hal.interfaces.clock import NS_PER_S, UtcReading
from hal.interfaces.microphone import AudioBlock, MicrophoneMode
from tests.bench.recorder_footage import RATE_HZ, SOUND_HZ, Size

EPOCH_NS = NS_PER_S
UTC_OFFSET_NS = 1_800_000_000 * NS_PER_S
BLOCK_SAMPLES = 960
"""20 ms, as a sound card gives."""


class FootageClock:
    """The time of the newest frame that was taken; any thread may ask."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._now_ns = EPOCH_NS

    def monotonic_ns(self) -> int:
        """The capture time of the newest frame."""
        return self._now_ns

    def utc_ns(self) -> int:
        """The same, at a fixed distance."""
        return self._now_ns + UTC_OFFSET_NS

    def utc_reading(self) -> UtcReading:
        """The pair, of which nobody knows how right it is."""
        now_ns = self._now_ns
        return UtcReading(now_ns + UTC_OFFSET_NS, now_ns, None)

    def sleep_s(self, duration_s: float) -> None:
        """Nobody waits in this time but the microphone."""
        raise NotImplementedError(f"nothing sleeps {duration_s} s here")

    def wait(self, signal: threading.Event, timeout_s: float | None) -> bool:
        """As the machine's clock does."""
        return signal.wait(timeout_s)

    def advance(self, now_ns: int) -> None:
        """It is `now_ns`."""
        with self._changed:
            self._now_ns = now_ns
            self._changed.notify_all()

    def reached(self, instant_ns: int, timeout_s: float) -> bool:
        """Wait for `instant_ns`, at most `timeout_s` of real time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._now_ns >= instant_ns, timeout_s)


class FootageCamera:
    """Copies one frame after the other out of a file in memory, from the front again at its
    end."""

    def __init__(self, path: Path, size: Size, clock: FootageClock) -> None:
        self._size, self._clock, self._next = size, clock, 0
        shape = (-1, size.height_px * 3 // 2, size.width_px)
        # A plain view: taking a part of a `memmap` costs 50 us more, which no camera has.
        self._frames: npt.NDArray[np.uint8] = np.asarray(np.memmap(path, np.uint8, "r"))
        self._frames = self._frames.reshape(shape)

    def start(self, epoch_ns: int) -> CameraMode:
        """Frame 0 is due at `epoch_ns`."""
        self._epoch_ns = epoch_ns
        return self.mode_of(self._size)

    @staticmethod
    def mode_of(size: Size) -> CameraMode:
        """What a camera of this size delivers."""
        return CameraMode(size.width_px, size.height_px, Fraction(RATE_HZ), PixelFormat.I420)

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame, at once: `timeout_s` is never needed."""
        del timeout_s
        number, self._next = self._next, self._next + 1
        capture_ns = self._epoch_ns + number * NS_PER_S // RATE_HZ
        pixels = np.array(self._frames[number % len(self._frames)])
        self._clock.advance(capture_ns)
        return Frame(pixels, PixelFormat.I420, capture_ns, number)

    def close(self) -> None:
        """Nothing is held."""


class FootageMicrophone:
    """Gives the sound of a WAV file, a block when its time has come; from the last picture,
    at `last_ns`, on it runs freely, because nothing else moves the clock any more."""

    def __init__(self, path: Path, clock: FootageClock, last_ns: int) -> None:
        self._clock, self._last_ns, self._next = clock, last_ns, 0
        with wave.open(str(path), "rb") as file:
            data = file.readframes(file.getnframes())
        self._samples = np.frombuffer(data, np.int16).reshape(-1, 1)

    def start(self, epoch_ns: int) -> MicrophoneMode:
        """Sample 0 is at `epoch_ns`."""
        self._epoch_ns = epoch_ns
        return MicrophoneMode(SOUND_HZ, 1)

    def read(self, timeout_s: float) -> AudioBlock | None:
        """The next block, or None when the picture is not there yet."""
        first = self._next * BLOCK_SAMPLES
        capture_ns = self._epoch_ns + first * NS_PER_S // SOUND_HZ
        end_ns = self._epoch_ns + (first + BLOCK_SAMPLES) * NS_PER_S // SOUND_HZ
        if not self._clock.reached(min(end_ns, self._last_ns), timeout_s):
            return None
        self._next += 1
        return AudioBlock(self._samples[first : first + BLOCK_SAMPLES].copy(), capture_ns, 0)

    def close(self) -> None:
        """Nothing is held."""
