"""How much memory the machine has left."""

from dataclasses import dataclass
from typing import Protocol

from hal.interfaces.part import Part


@dataclass(frozen=True, slots=True)
class MemoryReading:
    """Bytes of main memory, and those that programs can still have without swapping."""

    total_bytes: int
    available_bytes: int


class Memory(Part, Protocol):
    """Read when asked."""

    def read(self) -> MemoryReading:
        """The present state. Raises `DeviceLostError` when it can't be asked,
        `DeviceClosedError` after `close`."""
