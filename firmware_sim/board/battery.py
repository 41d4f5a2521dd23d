"""A battery that empties by what the camera does, and fills in a dock.

Who uses it: the simulated board. The figures are those of
docs/design/simulator.md: `assumed` where no source is named.
"""

from dataclasses import dataclass

from bwv_device.firmware.states import State
from hal.interfaces.battery import BatteryReading

SHIFT_S = 12 * 3600.0
"""A full battery lasts so long in pre_record: Axon Body 2, Care and maintenance, ~12 h of use."""
CHARGE_S = 9 * 3600.0
"""From empty to full in a dock: Axon Body 2, Care and maintenance, up to 9 h."""
LOAD = {
    State.OFF: 0.0,
    State.STANDBY: 0.4,
    State.PRE_RECORD: 1.0,
    State.RECORDING: 1.6,
}
"""Against pre_record; `assumed`. Every other state is taken for pre_record."""


@dataclass(slots=True)
class BatteryModel:
    """`process` lets time pass; a driver of `hal.interfaces.battery` as it stands."""

    charge: float = 1.0
    docked: bool = False
    state: State = State.OFF

    def process(self, duration_s: float) -> None:
        """`duration_s` seconds pass in the present state."""
        if self.docked:
            self.charge = min(1.0, self.charge + duration_s / CHARGE_S)
        else:
            self.charge = max(0.0, self.charge - duration_s * self._load() / SHIFT_S)

    def read(self) -> BatteryReading:
        """What a gauge says."""
        load = self._load()
        left_s = None if self.docked or load == 0 else self.charge * SHIFT_S / load
        return BatteryReading(self.charge, self.docked, left_s)

    def close(self) -> None:
        """Nothing is held."""

    def _load(self) -> float:
        return LOAD.get(self.state, 1.0)
