"""A receiver that never moves: for demonstrations, and for a camera that is mounted."""

from hal.drivers.lifecycle import Driver
from hal.drivers.options import require, require_positive
from hal.interfaces.clock import Clock
from hal.interfaces.locator import Fix


class FixedLocator(Driver):
    """The `fixed` locator."""

    def __init__(
        self,
        clock: Clock,
        *,
        latitude_deg: float,
        longitude_deg: float,
        accuracy_m: float = 5.0,
    ) -> None:
        """The position in WGS 84. Raises `DriverOptionError` when it is not on the globe."""
        super().__init__("the fixed locator")
        require(-90 <= latitude_deg <= 90, "latitude_deg", latitude_deg, "from -90 to 90")
        require(-180 <= longitude_deg <= 180, "longitude_deg", longitude_deg, "from -180 to 180")
        require_positive("accuracy_m", accuracy_m)
        self._clock = clock
        self._position = (latitude_deg, longitude_deg, accuracy_m)

    def read(self) -> Fix | None:
        """The position, as of now."""
        self.require_open()
        return Fix(*self._position, at_ns=self._clock.monotonic_ns())
