"""A battery that always reads what the configuration says, for machines without a gauge."""

from hal.drivers.lifecycle import Driver
from hal.drivers.options import require
from hal.interfaces.battery import BatteryReading


class FixedBattery(Driver):
    """The `fixed` battery. Tests change the reading with `set`."""

    def __init__(
        self, *, charge: float = 1.0, charging: bool = False, left_s: float | None = None
    ) -> None:
        """As `BatteryReading`. Raises `DriverOptionError` when out of range."""
        super().__init__("the fixed battery")
        self.set(charge=charge, charging=charging, left_s=left_s)

    def set(self, *, charge: float, charging: bool = False, left_s: float | None = None) -> None:
        """What is read from now on."""
        require(0 <= charge <= 1, "charge", charge, "from 0 to 1")
        require(left_s is None or left_s >= 0, "left_s", left_s, "0 or more")
        self._reading = BatteryReading(charge, charging, None if charging else left_s)

    def read(self) -> BatteryReading:
        """The reading as set."""
        self.require_open()
        return self._reading
