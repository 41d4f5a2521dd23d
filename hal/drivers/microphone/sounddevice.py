"""A sound card's input through PortAudio."""

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
import sounddevice

from hal.drivers.hand_over import HandOver
from hal.drivers.lifecycle import StartedDriver
from hal.drivers.microphone.stream_time import StreamTime
from hal.drivers.options import require
from hal.drivers.portaudio import Device, missing
from hal.errors import DeviceClosedError, DeviceLostError
from hal.interfaces.clock import NS_PER_S, Clock
from hal.interfaces.microphone import AudioBlock, MicrophoneMode

_log = logging.getLogger(__name__)

_BLOCKS_PER_S = 50
_ROOM_BLOCKS = 2 * _BLOCKS_PER_S
"""2 s for a slow reader."""


class SounddeviceMicrophone(StartedDriver):
    """The `sounddevice` microphone. PortAudio's thread brings the blocks."""

    def __init__(
        self, clock: Clock, *, device: Device = None, rate_hz: int = 48_000, channels: int = 1
    ) -> None:
        """`device`: index, part of the name, or None for the usual one. Raises
        `DriverOptionError`."""
        super().__init__(f"the sounddevice microphone {'' if device is None else device}".rstrip())
        require(8_000 <= rate_hz <= 192_000, "rate_hz", rate_hz, "from 8000 to 192000")
        require(channels in (1, 2), "channels", channels, "1 or 2")
        self._clock = clock
        self._device = device
        self._mode = MicrophoneMode(rate_hz, channels)
        self._blocks: HandOver[AudioBlock] = HandOver(clock, _ROOM_BLOCKS)
        self._stream: Any = None
        self._expected_ns: int | None = None
        self._refused_samples = 0

    def start(self, epoch_ns: int) -> MicrophoneMode:  # noqa: ARG002 - for other microphones
        """Open the device and begin to listen."""
        self.begin()
        try:
            self._stream = sounddevice.InputStream(
                device=self._device,
                samplerate=self._mode.rate_hz,
                channels=self._mode.channels,
                dtype="int16",
                blocksize=self._mode.rate_hz // _BLOCKS_PER_S,
                callback=self._on_block,
                finished_callback=self._on_end,
            )
            self._times = StreamTime(self.title, self._clock, lambda: float(self._stream.time))
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise missing(self.title, self._device, "input", error) from error
        return self._mode

    def read(self, timeout_s: float) -> AudioBlock | None:
        """The next block. Raises `DeviceLostError` once the device stopped and all that it
        gave was read."""
        self.require_started()
        block = self._blocks.take(timeout_s)
        if block is None and not self._stream.active:
            self._on_end()
            block = self._blocks.take(0)
        return block

    def close(self) -> None:
        """Stop listening and give the device back."""
        super().close()
        self._blocks.close(DeviceClosedError(f"{self.title} was closed"))
        if self._stream is not None:
            self._stream.close(ignore_errors=True)

    def _on_block(
        self,
        samples: npt.NDArray[np.int16],
        count: int,
        time: Any,
        status: sounddevice.CallbackFlags,
    ) -> None:
        """Copy and hand over; PortAudio's thread must not wait."""
        length_ns = count * NS_PER_S // self._mode.rate_hz
        capture_ns = self._times.capture_ns(time.inputBufferAdcTime, length_ns)
        lost = self._refused_samples
        if status.input_overflow:
            lost += self._gap_samples(capture_ns)
        self._expected_ns = capture_ns + length_ns
        taken = self._blocks.put(AudioBlock(samples.copy(), capture_ns, lost))
        self._refused_samples = 0 if taken else lost + count

    def _gap_samples(self, capture_ns: int) -> int:
        """How much an overflow swallowed, from the times around it; never less than one, as
        something was lost."""
        if self._expected_ns is None:
            return 1
        gap_ns = capture_ns - self._expected_ns
        return max(1, gap_ns * self._mode.rate_hz // NS_PER_S)

    def _on_end(self) -> None:
        """PortAudio stopped: by `close`, or because the device went away."""
        if not self.closing.is_set():
            self._blocks.fail(DeviceLostError(f"{self.title} stopped: was it unplugged?"))
