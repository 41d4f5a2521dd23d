"""Stands in for PortAudio's streams, so that the drivers run without a sound card.

Only the streams are replaced, by ones that call back as PortAudio does, from a thread of their
own, at the pace of a virtual clock; the drivers are the real ones.
"""

import threading
from types import SimpleNamespace

import numpy as np

from hal.drivers.clock.virtual import VirtualClock

STREAM_BEGAN_S = 1000.0
"""A stream has a clock of its own: this is its reading when the virtual clock reads 0."""


class FakeStream:
    """What input and output have in common."""

    def __init__(self, clock: VirtualClock, options: dict[str, object]) -> None:
        self.clock = clock
        self.options = options
        self.rate_hz = int(options["samplerate"])
        self.channels = int(options["channels"])
        self.callback = options["callback"]
        self.finished = options.get("finished_callback")
        self.ending = threading.Event()
        self.frozen = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    @property
    def time(self) -> float:
        return STREAM_BEGAN_S + self.clock.monotonic_ns() / 1e9

    @property
    def active(self) -> bool:
        return self.frozen or (self.thread.is_alive() and not self.ending.is_set())

    def start(self) -> None:
        self.thread.start()

    def stop(self, ignore_errors: bool = True) -> None:
        """`ignore_errors` is PortAudio's, and there are none here."""
        assert ignore_errors
        self.frozen = False
        self.ending.set()
        if self.thread.is_alive():
            self.thread.join(5)

    close = stop

    def freeze(self) -> None:
        """Leave the calling back to the test; the stream seems to run on."""
        self.stop()
        self.frozen = True

    def unplug(self) -> None:
        """The device goes away: PortAudio stops calling and says that it finished."""
        self.stop()
        if self.finished is not None:
            self.finished()

    def _run(self) -> None:
        block = int(self.options.get("blocksize") or self.rate_hz // 50)
        first_ns = self.clock.monotonic_ns()
        number = 0
        while not self.ending.is_set():
            number += 1
            due_ns = first_ns + number * block * 1_000_000_000 // self.rate_hz
            while (left := due_ns - self.clock.monotonic_ns()) > 0:
                if self.clock.wait(self.ending, left / 1e9):
                    return
            self.call(block, STREAM_BEGAN_S + due_ns / 1e9 - block / self.rate_hz)

    def call(self, block: int, adc_s: float) -> None:
        raise NotImplementedError


class FakeInput(FakeStream):
    """A microphone that hears a rising count."""

    heard = 0
    overflow = False
    """Set by a test: the next block says that something before it was lost."""

    def call(self, block: int, adc_s: float) -> None:
        samples = np.arange(self.heard, self.heard + block, dtype=np.int64).astype(np.int16)
        self.heard += block
        times = SimpleNamespace(inputBufferAdcTime=adc_s, currentTime=self.time)
        flags = SimpleNamespace(input_overflow=self.overflow)
        self.overflow = False
        self.callback(np.repeat(samples[:, None], self.channels, axis=1), block, times, flags)


class FakeOutput(FakeStream):
    """A loudspeaker that keeps what it was given."""

    def __init__(self, clock: VirtualClock, options: dict[str, object]) -> None:
        super().__init__(clock, options)
        self.played: list[np.ndarray] = []

    def call(self, block: int, _adc_s: float) -> None:
        out = np.full((block, self.channels), np.nan, np.float32)
        self.callback(out, block, SimpleNamespace(), SimpleNamespace())
        self.played.append(out[:, 0])

    def all_played(self) -> np.ndarray:
        return np.concatenate(self.played) if self.played else np.zeros(0, np.float32)
