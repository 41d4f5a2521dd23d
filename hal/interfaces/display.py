"""The forward-facing screen, by which people see that they are being recorded."""

from dataclasses import dataclass
from typing import Protocol

from hal.interfaces.part import Part


@dataclass(frozen=True, slots=True)
class Screen:
    """A heading in large letters and some lines below it; an empty heading is a dark screen."""

    heading: str
    lines: tuple[str, ...] = ()


class Display(Part, Protocol):
    """Keeps showing the last screen until told otherwise."""

    def show(self, screen: Screen) -> None:
        """Show `screen` from now on. Raises `DeviceLostError` when it has gone,
        `DeviceClosedError` after `close`."""
