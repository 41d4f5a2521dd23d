"""A memory whose room a program sets: for tests of what happens when it gets short."""

from hal.drivers.lifecycle import Driver
from hal.drivers.options import require
from hal.errors import DeviceLostError
from hal.interfaces.memory import MemoryReading


class MockMemory(Driver):
    """The `mock` memory gauge."""

    def __init__(self, *, total_bytes: int = 4 << 30, available_bytes: int = 3 << 30) -> None:
        """Raises `DriverOptionError` when more is available than there is."""
        super().__init__("the mock memory gauge")
        require(total_bytes > 0, "total_bytes", total_bytes, "above 0")
        self._total_bytes = total_bytes
        self._lost = False
        self.set_available(available_bytes)

    def set_available(self, available_bytes: int) -> None:
        """What is available from now on; a gauge that was lost answers again."""
        within = 0 <= available_bytes <= self._total_bytes
        require(within, "available_bytes", available_bytes, f"from 0 to {self._total_bytes}")
        self._available_bytes = available_bytes
        self._lost = False

    def lose(self) -> None:
        """Let it answer no more."""
        self._lost = True

    def read(self) -> MemoryReading:
        """The memory as set."""
        self.require_open()
        if self._lost:
            raise DeviceLostError("the free memory can't be read: the gauge is gone")
        return MemoryReading(self._total_bytes, self._available_bytes)
