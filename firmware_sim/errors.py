"""What can go wrong in a simulation, apart from what the camera does wrong."""

from bwv_device.errors import BwvError, Kind


class SimulationError(BwvError):
    """The simulation can't go on."""

    kind = Kind.REFUSE


class ScenarioError(SimulationError):
    """A scenario holds a mistake; the message names file, line and column, and what was meant."""


class WorldError(SimulationError):
    """Something was to happen before now."""
