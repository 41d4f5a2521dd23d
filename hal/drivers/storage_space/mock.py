"""A card whose room a program sets: for tests of what happens when it fills or goes away."""

from pathlib import Path

from hal.drivers.lifecycle import Driver
from hal.drivers.options import require
from hal.errors import DeviceLostError
from hal.interfaces.storage_space import Space


class MockSpace(Driver):
    """The `mock` space gauge."""

    def __init__(self, *, total_bytes: int = 64 * 10**9, free_bytes: int = 60 * 10**9) -> None:
        """Raises `DriverOptionError` when more is free than there is."""
        super().__init__("the mock space gauge")
        require(total_bytes > 0, "total_bytes", total_bytes, "above 0")
        self._total_bytes = total_bytes
        self._lost = False
        self.set_free(free_bytes)

    def set_free(self, free_bytes: int) -> None:
        """What is free from now on; a card that was lost is back."""
        within = 0 <= free_bytes <= self._total_bytes
        require(within, "free_bytes", free_bytes, f"from 0 to {self._total_bytes}")
        self._free_bytes = free_bytes
        self._lost = False

    def lose(self) -> None:
        """Take the card out."""
        self._lost = True

    def read(self, folder: Path) -> Space:
        """The room as set, whatever `folder` is."""
        self.require_open()
        if self._lost:
            raise DeviceLostError(f"the room of {folder} can't be asked: the card is gone")
        return Space(self._total_bytes, self._free_bytes)
