"""A camera that gives real footage at its rate, with as many frames in its driver as drivers have.

Used by the benchmarks in which a recorder runs in real time.
"""

import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hal.interfaces.camera import CameraMode, Frame, PixelFormat
from hal.interfaces.clock import NS_PER_S, Clock
from tests.bench.recorder_footage import RATE_HZ, Size

DRIVER_FRAMES = 6
"""As many as picamera2 has for video; webcams have four."""
FRAME_NS = NS_PER_S // RATE_HZ


class PacedCamera:
    """Footage from memory at its rate; a reader that is too late finds the oldest frames gone."""

    def __init__(self, path: Path, size: Size, clock: Clock) -> None:
        self._size, self._clock = size, clock
        shape = (-1, size.height_px * 3 // 2, size.width_px)
        self._frames: npt.NDArray[np.uint8] = np.memmap(path, np.uint8, "r").reshape(shape)
        self._closed = threading.Event()
        self.taken = 0
        self.lost_ns: list[int] = []
        """When each frame was due that nobody took in time."""

    def start(self, _epoch_ns: int) -> CameraMode:
        """Frame 0 is due now."""
        self._begun_ns, self._next = self._clock.monotonic_ns(), 0
        size = self._size
        return CameraMode(size.width_px, size.height_px, Fraction(RATE_HZ), PixelFormat.I420)

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame when it is due. At 30 Hz no reader waits for `timeout_s`."""
        del timeout_s
        while self._due_ns(self._next + DRIVER_FRAMES) <= self._clock.monotonic_ns():
            self.lost_ns.append(self._due_ns(self._next))
            self._next += 1
        due_ns = self._due_ns(self._next)
        self._clock.wait(self._closed, (due_ns - self._clock.monotonic_ns()) / NS_PER_S)
        number, self._next = self._next, self._next + 1
        self.taken += 1
        pixels = np.array(self._frames[number % len(self._frames)])
        return Frame(pixels, PixelFormat.I420, due_ns, number)

    def close(self) -> None:
        """Nothing is held."""
        self._closed.set()

    def _due_ns(self, number: int) -> int:
        return self._begun_ns + number * FRAME_NS
