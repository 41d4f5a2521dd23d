"""The dock contact of the simulated camera: what it is now, and who hears of a change.

Who uses it: the simulated camera.
"""

from collections.abc import Callable


class Contact:
    """Docked or not."""

    def __init__(self) -> None:
        self.is_docked = False
        self.changed: Callable[[bool], None] | None = None
        """Told of each change; None while no camera is on."""

    def set(self, docked: bool) -> None:
        """Put the camera into its dock, or take it out. The same again changes nothing."""
        if docked == self.is_docked:
            return
        self.is_docked = docked
        if self.changed is not None:
            self.changed(docked)
