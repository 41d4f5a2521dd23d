"""What every part of the hardware has in common: it can be closed."""

from typing import Protocol


class Part(Protocol):
    """A part that holds something of the machine until it is closed.

    The constructor checks its options and its library and opens nothing; `start`, where a
    part has one, opens the device.
    """

    def close(self) -> None:
        """Give everything back. Closing twice is allowed; any other call then raises
        `DeviceClosedError`."""
