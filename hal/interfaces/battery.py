"""The battery gauge."""

from dataclasses import dataclass
from typing import Protocol

from hal.interfaces.part import Part


@dataclass(frozen=True, slots=True)
class BatteryReading:
    """`charge` from 0 to 1; `left_s` seconds until empty, None when charging or unknown."""

    charge: float
    charging: bool
    left_s: float | None


class Battery(Part, Protocol):
    """Read when asked; the reading may be some seconds old."""

    def read(self) -> BatteryReading:
        """The present state. Raises `DeviceLostError` when the gauge does not answer,
        `DeviceClosedError` after `close`."""
