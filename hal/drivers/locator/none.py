"""No satellite receiver: there is never a fix, and clips say so."""

from hal.drivers.lifecycle import Driver
from hal.interfaces.locator import Fix


class NoneLocator(Driver):
    """The `none` locator."""

    def __init__(self) -> None:
        super().__init__("the none locator")

    def read(self) -> Fix | None:
        """Always None."""
        self.require_open()
        return None
