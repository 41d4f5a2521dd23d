"""What the recorder may hold in memory at most, from its own bounds.

Who uses it: the recorder at its start, `bwv doctor`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bwv_device.configuration.model import Configuration
from bwv_device.media.inbox import BOUND_BYTES
from hal.interfaces.memory import Memory

_QUEUE_PICTURES = 8
"""As many as a webcam's driver holds for a slow reader; the others hold fewer."""
_BYTES_PER_PIXEL = 3
"""Of the largest form in which a picture waits there (BGR)."""


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """The sum of what is bounded. Interpreter, libraries and encoder come on top: they are there
    already when it is compared with what is left."""

    ring_bytes: int
    inbox_bytes: int
    pictures_bytes: int

    @property
    def total_bytes(self) -> int:
        return self.ring_bytes + self.inbox_bytes + self.pictures_bytes

    def __str__(self) -> str:
        return (
            f"{self.total_bytes / 1e6:.0f} MB at most (ring {self.ring_bytes / 1e6:.0f}, queue to "
            f"the card {self.inbox_bytes / 1e6:.0f}, pictures in the camera's driver "
            f"{self.pictures_bytes / 1e6:.0f})"
        )


def memory_need(configuration: Configuration) -> MemoryNeed:
    """What this configuration may come to."""
    video = configuration.video
    picture_bytes = video.width_px * video.height_px * _BYTES_PER_PIXEL
    holds = configuration.pre_record.length_s > 0
    return MemoryNeed(
        ring_bytes=configuration.pre_record.byte_ceiling if holds else 0,
        inbox_bytes=BOUND_BYTES,
        pictures_bytes=_QUEUE_PICTURES * picture_bytes,
    )


def available_in(memory: Memory) -> Callable[[], int]:
    """The gauge as the recorder asks it. What it gives raises `HalError`."""
    return lambda: memory.read().available_bytes
