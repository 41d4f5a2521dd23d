"""A dock that charges, and hands nothing over: the camera has no connection file.

Who uses it: the simulated camera without a destination.
"""

from collections.abc import Callable


class NoDock:
    """Enters that it was docked."""

    def __init__(self, enter: Callable[[str, str], None]) -> None:
        self._enter = enter

    def begin(self) -> None:
        """The camera was docked."""
        self._enter("dock", "no destination is configured: the clips stay on the camera")

    def end(self) -> None:
        """The camera was taken off the dock."""
        self._enter("dock", "taken off")
