"""Beeps on a sound card through PortAudio."""

import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import sounddevice

from hal.drivers.lifecycle import Driver
from hal.drivers.portaudio import Device, missing
from hal.drivers.sounder.pattern import check_pattern
from hal.drivers.sounder.tones import RATE_HZ, samples_of
from hal.errors import DeviceLostError
from hal.interfaces.clock import Clock
from hal.interfaces.sounder import Beep

_LAST_WORD_S = 2.0
"""How long `close` waits for what still plays: a stop is confirmed by a long beep."""


class SounddeviceSounder(Driver):
    """The `sounddevice` sounder. PortAudio's thread fetches what `play` leaves for it."""

    def __init__(self, clock: Clock, *, device: Device = None) -> None:
        """`device`: index, part of the name, or None for the usual one."""
        super().__init__(f"the sounddevice sounder {'' if device is None else device}".rstrip())
        self._clock = clock
        self._device = device
        self._stream: Any = None
        self._lock = threading.Lock()
        self._waiting = np.zeros(0, np.float32)
        self._silent = threading.Event()
        self._silent.set()

    def play(self, pattern: tuple[Beep, ...]) -> None:
        """Begin `pattern` behind those that still play. The first call opens the device:
        raises `DeviceMissingError` when it can't, `DeviceLostError` when it has gone since."""
        self.require_open()
        check_pattern(pattern)
        if self._stream is None:
            self._stream = self._opened()
        if not self._stream.active:
            raise DeviceLostError(f"{self.title} stopped: was it unplugged?")
        with self._lock:
            self._waiting = np.concatenate([self._waiting, samples_of(pattern)])
            if len(self._waiting):
                self._silent.clear()

    def close(self) -> None:
        """Let what plays end, for a short time, then give the device back."""
        if self.closing.is_set():
            return
        super().close()
        if self._stream is not None:
            if self._stream.active:
                self._clock.wait(self._silent, _LAST_WORD_S)
            self._stream.stop(ignore_errors=True)
            self._stream.close(ignore_errors=True)

    def _opened(self) -> Any:
        try:
            stream = sounddevice.OutputStream(
                device=self._device,
                samplerate=RATE_HZ,
                channels=1,
                dtype="float32",
                callback=self._on_need,
            )
            stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise missing(self.title, self._device, "output", error) from error
        return stream

    def _on_need(
        self,
        samples: npt.NDArray[np.float32],
        count: int,
        _time: Any,
        _status: sounddevice.CallbackFlags,
    ) -> None:
        """Fill `samples`, shape (count, 1), with what waits, then with silence."""
        with self._lock:
            now, self._waiting = self._waiting[:count], self._waiting[count:]
            if len(now) == 0:
                self._silent.set()
        samples[: len(now), 0] = now
        samples[len(now) :] = 0
