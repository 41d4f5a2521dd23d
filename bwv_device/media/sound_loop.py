"""The sound's way: microphone, resampled against the capture clock, AAC, keeper.

Who uses it: the capture session. Sound that breaks off does not stop the picture.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from bwv_device.configuration.media import Sound
from bwv_device.errors import BwvError
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.sound_batch import SoundBatch
from bwv_device.media.sound_encoder import SoundEncoder
from hal.errors import HalError
from hal.interfaces.clock import NS_PER_S, Clock
from hal.interfaces.microphone import AudioBlock, Microphone, MicrophoneMode

log = logging.getLogger(__name__)

ToldT = TypeVar("ToldT")

_READ_S = 0.2
_GRACE_NS = NS_PER_S // 2
"""Sound that has not come by then will not come: the microphone has stopped delivering."""
_PATIENCE_S = 5.0


class SoundLoop:
    """A thread of its own from `start` to `end`."""

    def __init__(
        self, microphone: Microphone, mode: MicrophoneMode, settings: Sound, clock: Clock
    ) -> None:
        """Raises `EncoderError`."""
        self._microphone, self._mode, self._clock = microphone, mode, clock
        self.encoder = SoundEncoder(mode, settings)
        self._batch = SoundBatch(mode.rate_hz)
        self._end_ns: int | None = None
        self._given_up = threading.Event()
        self._thread: threading.Thread | None = None

    def start(
        self,
        hand_over: Callable[[EncodedPacket], None],
        failed: Callable[[str], None],
        lost: Callable[[float], None],
    ) -> None:
        """Begin; `failed` is told once should the microphone break off, `lost` the seconds of
        sound that the device lost on the way, once a stretch of it has ended."""
        told = self._until_given_up
        self._thread = threading.Thread(
            target=self._run,
            args=(told(hand_over), told(failed), told(lost)),
            name="sound",
            daemon=True,
        )
        self._thread.start()

    def end(self, at_ns: int) -> None:
        """Take in the sound up to `at_ns` and wait for the thread; a microphone that hangs is
        not waited for longer than a few seconds, and nothing is heard of it afterwards."""
        self._end_ns = at_ns
        if self._thread is None:
            return
        self._thread.join(_PATIENCE_S)
        if self._thread.is_alive():
            self._given_up.set()
            log.error(
                "the sound has not come to its end within %s s: the microphone hangs, or the "
                "encoder is behind by more; the clip's account has what is missing",
                _PATIENCE_S,
            )

    def _until_given_up(self, tell: Callable[[ToldT], None]) -> Callable[[ToldT], None]:
        """What the thread tells later is about a session that is over: its packets belong to no
        source, and its microphone was closed under it."""

        def tell_in_time(told: ToldT) -> None:
            if not self._given_up.is_set():
                tell(told)

        return tell_in_time

    def _run(
        self,
        hand_over: Callable[[EncodedPacket], None],
        failed: Callable[[str], None],
        lost: Callable[[float], None],
    ) -> None:
        try:
            self._encode_blocks(hand_over, lost)
        except (HalError, BwvError) as error:
            failed(str(error))
        except Exception as error:
            log.exception("the sound thread has failed")
            failed(f"sound failed by an error in the software ({error!r}): see the log")

    def _encode_blocks(
        self, hand_over: Callable[[EncodedPacket], None], lost: Callable[[float], None]
    ) -> None:
        losses = _Losses(self._mode.rate_hz, lost)
        try:
            for block in self._blocks():
                if block is not None:
                    losses.note(block.lost_before)
                self._encode(self._gather(block), hand_over)
        except HalError:
            # What the microphone gave before it broke off is kept to the last sample.
            self._flush(hand_over)
            raise
        finally:
            losses.note(0)
        self._flush(hand_over)

    def _gather(self, block: AudioBlock | None) -> AudioBlock | None:
        """What is enough to wake the encoder for; when no block has come, all there is."""
        return self._batch.take() if block is None else self._batch.add(block)

    def _encode(
        self, gathered: AudioBlock | None, hand_over: Callable[[EncodedPacket], None]
    ) -> None:
        if gathered is not None:
            for packet in self.encoder.encode(gathered):
                hand_over(packet)

    def _flush(self, hand_over: Callable[[EncodedPacket], None]) -> None:
        self._encode(self._batch.take(), hand_over)
        for packet in self.encoder.flush():
            hand_over(packet)

    def _blocks(self) -> Iterator[AudioBlock | None]:
        """Blocks up to the end that was set, be it while waiting for one; None for each time
        that none has come."""
        while True:
            block = self._microphone.read(_READ_S)
            end_ns = self._end_ns
            yield block
            reached_ns = block.capture_ns if block else self._clock.monotonic_ns() - _GRACE_NS
            if self._given_up.is_set() or (end_ns is not None and reached_ns >= end_ns):
                return


@dataclass(slots=True)
class _Losses:
    """Tells each stretch of lost samples once, so that a slow device floods nobody."""

    rate_hz: int
    tell: Callable[[float], None]
    samples: int = 0

    def note(self, lost: int) -> None:
        """`lost` samples before a block; 0 ends a stretch."""
        self.samples += lost
        if not lost and self.samples:
            seconds, self.samples = self.samples / self.rate_hz, 0
            log.warning("%.3f s of sound were lost on the way from the microphone", seconds)
            self.tell(seconds)
