"""The contact that closes when the camera sits in a dock."""

from collections.abc import Callable
from typing import Protocol

from hal.interfaces.part import Part


class DockContact(Part, Protocol):
    """An input: it can't be driven."""

    def start(self, on_change: Callable[[bool], None]) -> None:
        """Call `on_change` with the present state once, then at each change, from the
        driver's own thread. True means docked. `on_change` does no I/O and does not block."""
