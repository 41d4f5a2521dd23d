"""What of a simulated camera survives a power-off: battery, contact, and what a person sees.

Who uses it: the simulated camera; expectations look at it.
"""

from collections.abc import Callable

from bwv_device.firmware.states import State
from firmware_sim.board.battery import BatteryModel
from firmware_sim.board.contact import Contact
from firmware_sim.board.indicators import SeenIndicators
from firmware_sim.world import World
from hal.interfaces.battery import BatteryReading
from hal.interfaces.clock import NS_PER_S


class Board:
    """What survives a power-off: battery, contact, and what a person sees."""

    def __init__(self, world: World, enter: Callable[[str, str], None]) -> None:
        self.contact = Contact()
        self.indicators = SeenIndicators(enter)
        self._battery, self._world = BatteryModel(), world
        self._up_to_ns = world.now_ns

    @property
    def battery(self) -> BatteryModel:
        """As it is at this instant."""
        passed_s = (self._world.now_ns - self._up_to_ns) / NS_PER_S
        self._up_to_ns = self._world.now_ns
        self._battery.process(passed_s)
        self._battery.docked = self.contact.is_docked
        return self._battery

    def read_battery(self) -> BatteryReading:
        """What the gauge says now."""
        return self.battery.read()

    def set_state(self, state: State) -> None:
        """What the camera draws from now on depends on what it does."""
        self.battery.state = state
