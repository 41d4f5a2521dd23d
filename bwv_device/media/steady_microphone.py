"""A microphone that goes on when its device is unplugged: with silence, until it is back.

Who uses it: the capture session. The sound track stays whole and in step: silence takes exactly
the place of the samples that are missing.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from bwv_device.media.errors import OtherModeError
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.reopener import Reopener, close_quietly
from bwv_device.media.sound_holes import SoundHoles
from hal.errors import DeviceClosedError, DeviceLostError
from hal.interfaces.clock import NS_PER_S, Clock
from hal.interfaces.microphone import AudioBlock, Microphone, MicrophoneMode

log = logging.getLogger(__name__)

SILENCE_S = 2.0
"""A microphone that was delivering and gives no block for so long is lost, as with a camera."""
BLOCKS_PER_S = 50
_FIRST_BLOCK_S, _READ_S = 2.0, 0.2


@dataclass(frozen=True, slots=True)
class _Found:
    """A microphone that is back, and the block that shows it."""

    microphone: Microphone
    block: AudioBlock


class SteadyMicrophone:
    """A `Microphone`, made of one that may be lost; one reader thread."""

    def __init__(
        self,
        open_microphone: Callable[[], Microphone],
        clock: Clock,
        lost: Callable[[str], None],
        returned: Callable[[float], None],
    ) -> None:
        """`lost` is told why there is silence, again should a microphone come back that can't
        go on with it; `returned` is told the seconds of silence. `lost` may be called from
        another thread than the reader's."""
        self._open_microphone, self._clock = open_microphone, clock
        self._tell_lost, self._tell_returned = lost, returned
        self._microphone: Microphone | None = None
        self._reopener: Reopener[_Found] | None = None
        self._first: AudioBlock | None = None
        self._closed = False
        self._end_ns: int | None = None
        self._lost_ns = self._heard_ns = self._silent_up_to_ns = 0
        self._holes = SoundHoles()
        self._refusal = ""

    def start(self, epoch_ns: int) -> MicrophoneMode:
        """As the inner microphone's, and fails as it does. Until the first block a failure is
        the caller's."""
        self._epoch_ns = epoch_ns
        self._microphone = self._open_microphone()
        self._mode = self._microphone.start(epoch_ns)
        return self._mode

    def read(self, timeout_s: float) -> AudioBlock | None:
        """The next block, of sound or of silence. Raises `DeviceLostError` before the first
        block only, otherwise as a `Microphone`."""
        if self._closed or self._microphone is None:
            raise DeviceClosedError("the microphone is not open: start it first, once")
        if self._first is not None:
            first, self._first = self._first, None
            return self._deliver(first)
        if self._reopener is not None and self._end_ns is not None:
            return self._read_in_gap(self._reopener, self._end_ns, timeout_s)
        try:
            block = self._microphone.read(timeout_s)
        except DeviceLostError as error:
            if self._end_ns is None:
                raise
            self._lose(self._microphone, self._end_ns, str(error))
            return None
        if block is not None:
            return self._deliver(block)
        self._look_at_silence(self._microphone)
        return None

    def marked(self, packet: EncodedPacket) -> EncodedPacket:
        """The packet of sound, with how much of it stands in for sound that was lost. Packets
        come in order, from the reader's thread."""
        return self._holes.marked(packet)

    def close(self) -> None:
        """Close the microphone, or end the search for it."""
        self._closed = True
        if self._reopener is not None:
            self._reopener.close()
        elif self._microphone is not None:
            self._microphone.close()

    def _deliver(self, block: AudioBlock) -> AudioBlock | None:
        """What of the block lies behind the silence that was given already; None for nothing."""
        self._heard_ns = self._clock.monotonic_ns()
        early = self._samples_in(self._silent_up_to_ns - block.capture_ns)
        if early > 0:
            later_ns = block.capture_ns + self._duration_ns(early)
            block = replace(block, samples=block.samples[early:], capture_ns=later_ns)
        if not len(block.samples):
            return None
        if block.lost_before:
            lost_ns = self._duration_ns(block.lost_before)
            self._holes.add(block.capture_ns - lost_ns, block.capture_ns)
        self._end_ns = block.capture_ns + self._duration_ns(len(block.samples))
        return block

    def _look_at_silence(self, microphone: Microphone) -> None:
        silent_ns = self._clock.monotonic_ns() - self._heard_ns
        if self._end_ns is not None and silent_ns >= SILENCE_S * NS_PER_S:
            why = f"the microphone gives no sound for {silent_ns / NS_PER_S:.1f} s"
            self._lose(microphone, self._end_ns, why)

    def _lose(self, microphone: Microphone, end_ns: int, why: str) -> None:
        self._lost_ns = end_ns
        self._reopener = Reopener(self._clock, microphone, self._attempt, _give_back)
        log.error("the microphone is lost, silence stands in for it: %s", why)
        self._tell_lost(why)

    def _read_in_gap(
        self, reopener: Reopener[_Found], end_ns: int, timeout_s: float
    ) -> AudioBlock | None:
        samples = self._mode.rate_hz // BLOCKS_PER_S
        due_ns = end_ns + self._duration_ns(samples)
        wait_s = (due_ns - self._clock.monotonic_ns()) / NS_PER_S
        self._clock.wait(reopener.found_or_closing, min(timeout_s, wait_s))
        found = reopener.take()
        if found is not None:
            return self._come_back(reopener, found, end_ns)
        if self._clock.monotonic_ns() < due_ns:
            return None
        return self._silence(end_ns, samples)

    def _come_back(
        self, reopener: Reopener[_Found], found: _Found, end_ns: int
    ) -> AudioBlock | None:
        """Silence up to the first new sample, which comes with the next read."""
        reopener.close()
        self._microphone, self._reopener = found.microphone, None
        self._heard_ns = self._clock.monotonic_ns()
        self._first = found.block
        gap_ns = max(end_ns, found.block.capture_ns) - self._lost_ns
        log.warning("the microphone is back after %.1f s", gap_ns / NS_PER_S)
        self._tell_returned(gap_ns / NS_PER_S)
        missing = self._samples_in(found.block.capture_ns - end_ns)
        return self._silence(end_ns, missing) if missing > 0 else None

    def _silence(self, from_ns: int, samples: int) -> AudioBlock:
        self._end_ns = self._silent_up_to_ns = from_ns + self._duration_ns(samples)
        self._holes.add(from_ns, self._end_ns)
        return AudioBlock(np.zeros((samples, self._mode.channels), np.int16), from_ns, 0)

    def _duration_ns(self, samples: int) -> int:
        return samples * NS_PER_S // self._mode.rate_hz

    def _samples_in(self, duration_ns: int) -> int:
        return round(duration_ns * self._mode.rate_hz / NS_PER_S)

    # The reopener's thread

    def _attempt(self, closing: threading.Event) -> _Found:
        microphone = self._open_microphone()
        with ExitStack() as undo:
            undo.callback(close_quietly, microphone)
            self._require_same(microphone.start(self._epoch_ns))
            block = _first_block(microphone, closing)
            undo.pop_all()
        return _Found(microphone, block)

    def _require_same(self, mode: MicrophoneMode) -> None:
        """The sound that the encoder was opened for. Raises `OtherModeError`."""
        if mode == self._mode:
            return
        why = (
            f"the microphone that was plugged in gives {mode.channels} channels at "
            f"{mode.rate_hz} Hz, the recording has {self._mode.channels} at "
            f"{self._mode.rate_hz} Hz: plug in the one that was there, or stop and start again"
        )
        if why != self._refusal:
            self._refusal = why
            self._tell_lost(why)
        raise OtherModeError(why)


def _first_block(microphone: Microphone, closing: threading.Event) -> AudioBlock:
    """Raises `DeviceLostError` and what the microphone raises."""
    for _ in range(round(_FIRST_BLOCK_S / _READ_S)):
        block = microphone.read(_READ_S)
        if block is not None:
            return block
        if closing.is_set():
            break
    raise DeviceLostError("the microphone is open again and gives no sound")


def _give_back(found: _Found) -> None:
    close_quietly(found.microphone)
