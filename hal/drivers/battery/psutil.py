"""The battery gauge of a laptop, tablet or UPS board that the kernel knows, through psutil."""

import psutil

from hal.drivers.lifecycle import Driver
from hal.errors import DeviceLostError
from hal.interfaces.battery import BatteryReading


class PsutilBattery(Driver):
    """The `psutil` battery."""

    def __init__(self) -> None:
        super().__init__("the psutil battery")

    def read(self) -> BatteryReading:
        """Ask the kernel. Raises `DeviceLostError` when there is no gauge, or it fails."""
        self.require_open()
        try:
            gauge = psutil.sensors_battery()
        except (OSError, RuntimeError, ValueError) as error:
            raise DeviceLostError(f"the battery gauge does not answer: {error}") from error
        if gauge is None:
            raise DeviceLostError(
                "this machine has no battery gauge: choose the battery driver 'fixed'"
            )
        charging = bool(gauge.power_plugged)
        unknown = charging or gauge.secsleft is None or gauge.secsleft < 0
        charge = min(1.0, max(0.0, gauge.percent / 100))
        return BatteryReading(charge, charging, None if unknown else float(gauge.secsleft))
