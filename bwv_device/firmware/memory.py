"""What the firmware keeps in mind besides its state.

Who uses it: `guards`, which ask it; `actions`, which change it. Nobody else writes it.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Memory:
    """Four facts that outlive a state."""

    in_dock: bool = False
    """The dock contact is closed, as last heard."""
    fault_stands: bool = False
    """A fault was reported and not yet cleared; power-on forgets it. While recording this is the
    camera's loss: every other fault ends the recording."""
    battery_low: bool = False
    """The battery is low, as last heard; a charger or a fresh one ends that."""
    trigger_ns: int = 0
    """The instant at which the newest recording was triggered, monotonic."""
