"""The sound's way: microphone, resampled against the capture clock, AAC, keeper.

Who uses it: the capture session. Sound that breaks off does not stop the picture.
"""

import threading
from collections.abc import Callable, Iterator

from bwv_device.configuration.media import Sound
from bwv_device.errors import BwvError
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.sound_encoder import SoundEncoder
from hal.errors import HalError
from hal.interfaces.clock import NS_PER_S, Clock
from hal.interfaces.microphone import AudioBlock, Microphone, MicrophoneMode

_READ_S = 0.2
_GRACE_NS = NS_PER_S // 2
"""Sound that has not come by then will not come: the microphone has stopped delivering."""


class SoundLoop:
    """A thread of its own from `start` to `end`."""

    def __init__(
        self, microphone: Microphone, mode: MicrophoneMode, settings: Sound, clock: Clock
    ) -> None:
        """Raises `EncoderError`."""
        self._microphone, self._clock = microphone, clock
        self.encoder = SoundEncoder(mode, settings)
        self._end_ns: int | None = None
        self._thread: threading.Thread | None = None

    def start(
        self, hand_over: Callable[[EncodedPacket], None], failed: Callable[[str], None]
    ) -> None:
        """Begin; `failed` is told once should the microphone break off."""
        self._thread = threading.Thread(
            target=self._run, args=(hand_over, failed), name="sound", daemon=True
        )
        self._thread.start()

    def end(self, at_ns: int) -> None:
        """Take in the sound up to `at_ns` and wait for the thread."""
        self._end_ns = at_ns
        if self._thread is not None:
            self._thread.join()

    def _run(
        self, hand_over: Callable[[EncodedPacket], None], failed: Callable[[str], None]
    ) -> None:
        try:
            for block in self._blocks():
                for packet in self.encoder.encode(block):
                    hand_over(packet)
            for packet in self.encoder.flush():
                hand_over(packet)
        except (HalError, BwvError) as error:
            failed(str(error))

    def _blocks(self) -> Iterator[AudioBlock]:
        """Blocks up to the end that was set, be it while waiting for one."""
        while True:
            block = self._microphone.read(_READ_S)
            end_ns = self._end_ns
            if block is not None:
                yield block
            reached_ns = block.capture_ns if block else self._clock.monotonic_ns() - _GRACE_NS
            if end_ns is not None and reached_ns >= end_ns:
                return
