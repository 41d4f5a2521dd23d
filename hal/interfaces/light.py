"""A light: the red recording light that the public sees, or the wearer's status light."""

from dataclasses import dataclass
from typing import Protocol

from hal.interfaces.part import Part


@dataclass(frozen=True, slots=True)
class LightPattern:
    """A colour, steady when `off_s` is 0, else blinking `on_s` lit and `off_s` dark."""

    colour: str
    on_s: float = 0.0
    off_s: float = 0.0

    @property
    def lit(self) -> bool:
        return self.colour != "off"


DARK = LightPattern("off")


class Light(Part, Protocol):
    """Keeps showing the last pattern until told otherwise; the driver does the blinking."""

    def show(self, pattern: LightPattern) -> None:
        """Show `pattern` from now on. Raises `DriverOptionError` for a colour that this
        light does not have, `DeviceLostError` when it has gone, `DeviceClosedError` after
        `close`."""
