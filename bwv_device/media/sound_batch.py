"""Gathers a microphone's blocks, so that resampler and AAC encoder are woken for several at once.

Who uses it: the sound thread. A card gives blocks of 20 ms; waking two filter graphs and the
encoder for each cost as much again as the encoding itself.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from hal.interfaces.clock import NS_PER_S
from hal.interfaces.microphone import AudioBlock

BATCH_NS = 80 * NS_PER_S // 1000
"""Four of a card's blocks. A clip waits half a second for its sound: this, and the 50 ms that it
took before, fit in well."""

_STEP_NS = 18 * NS_PER_S // 1000
"""A block whose stamp is further than this from where the batch ends begins a new one, so that
the resampler sees the gap where it is. Less than a block of 20 ms, so that one that vanished untold
is seen; stamps shake by a few ms (docs/design/hardware-layer.md)."""


@dataclass(slots=True)
class SoundBatch:
    """The blocks held; one thread uses it. `rate_hz` is the microphone's."""

    rate_hz: int
    _blocks: list[AudioBlock] = field(default_factory=list)
    _samples: int = 0

    def add(self, block: AudioBlock) -> AudioBlock | None:
        """Take a block in; all that are held as one when they are enough, or when `block` does
        not follow on them, which is then held alone."""
        gathered = None if self._follows(block) else self.take()
        self._blocks.append(block)
        self._samples += len(block.samples)
        return gathered or (self.take() if self._duration_ns() >= BATCH_NS else None)

    def take(self) -> AudioBlock | None:
        """What is held, as one block with the first one's time; None for nothing."""
        blocks, self._blocks, self._samples = self._blocks, [], 0
        if len(blocks) < 2:
            return blocks[0] if blocks else None
        return replace(blocks[0], samples=np.concatenate([each.samples for each in blocks]))

    def _follows(self, block: AudioBlock) -> bool:
        if not self._blocks:
            return True
        duration_ns = self._duration_ns()
        late_ns = block.capture_ns - self._blocks[0].capture_ns - duration_ns
        return duration_ns < BATCH_NS and not block.lost_before and abs(late_ns) <= _STEP_NS

    def _duration_ns(self) -> int:
        return self._samples * NS_PER_S // self.rate_hz
