"""The satellite receiver."""

from dataclasses import dataclass
from typing import Protocol

from hal.interfaces.part import Part


@dataclass(frozen=True, slots=True)
class Fix:
    """A position: WGS 84 degrees, `accuracy_m` metres, `at_ns` monotonic time of the fix."""

    latitude_deg: float
    longitude_deg: float
    accuracy_m: float
    at_ns: int


class Locator(Part, Protocol):
    """Read when asked."""

    def read(self) -> Fix | None:
        """The newest fix, None while there is none. Raises `DeviceClosedError` after
        `close`."""
