"""How much room the card has."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hal.interfaces.part import Part


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes of the file system, and those that this process may still use."""

    total_bytes: int
    free_bytes: int


class StorageSpace(Part, Protocol):
    """Read when asked."""

    def read(self, folder: Path) -> Space:
        """The room on the file system that holds `folder`. Raises `DeviceLostError` when it
        can't be asked, `DeviceClosedError` after `close`."""
