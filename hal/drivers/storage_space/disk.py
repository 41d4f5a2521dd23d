"""The figures of the file system itself."""

import shutil
from pathlib import Path

from hal.drivers.lifecycle import Driver
from hal.errors import DeviceLostError
from hal.interfaces.storage_space import Space


class DiskSpace(Driver):
    """The `disk` space gauge."""

    def __init__(self) -> None:
        super().__init__("the disk space gauge")

    def read(self, folder: Path) -> Space:
        """Total bytes, and those free to this user (what is kept for root is not)."""
        self.require_open()
        try:
            usage = shutil.disk_usage(folder)
        except OSError as error:
            raise DeviceLostError(f"the room of {folder} can't be asked: {error}") from error
        return Space(usage.total, usage.free)
