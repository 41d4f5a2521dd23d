"""The machine's main memory as the kernel states it, through psutil."""

import psutil

from hal.drivers.lifecycle import Driver
from hal.errors import DeviceLostError
from hal.interfaces.memory import MemoryReading


class PsutilMemory(Driver):
    """The `psutil` memory gauge. A limit set on the process alone (a control group) is not seen."""

    def __init__(self) -> None:
        super().__init__("the psutil memory gauge")

    def read(self) -> MemoryReading:
        """Ask the kernel. Raises `DeviceLostError` when it does not answer."""
        self.require_open()
        try:
            memory = psutil.virtual_memory()
        except (OSError, RuntimeError, ValueError) as error:
            raise DeviceLostError(f"the free memory can't be read: {error}") from error
        return MemoryReading(memory.total, min(memory.available, memory.total))
