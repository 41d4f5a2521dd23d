"""The figures that a force may set, with the device that each default follows.

Who uses it: the agent, which fills a `Policy` from the configuration; the firmware, which
reads it; the design page, whose table of figures is made from it.
"""

from dataclasses import Field, dataclass, field, fields
from typing import Any

from bwv_device.errors import ConfigurationError
from bwv_device.firmware.states import State

NS_PER_S = 1_000_000_000
READY_STATES = (State.STANDBY, State.PRE_RECORD)


def _figure(default: float, low: float, high: float, source: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "source": source})


@dataclass(frozen=True, slots=True)
class Policy:
    """How this camera behaves. All figures are seconds.

    Raises `ConfigurationError` that names the figure when one is out of its range or when
    two contradict each other.
    """

    ready_state: State = field(
        default=State.PRE_RECORD,
        metadata={"source": "Axon Body 4 help, Operation: READY means buffering"},
    )
    pre_record_s: float = _figure(30.0, 0, 120, "Axon Body 2 and 4 help, Operation; COPFS")
    """Length of the ring; 0 means that there is none, and ready is standby."""
    reminder_interval_s: float = _figure(120.0, 0, 600, "Axon Body 2, 4 and Flex 2 manuals")
    """Between two reminders while recording; 0: none."""
    fault_interval_s: float = _figure(20.0, 0, 600, "Axon Body 2 manual p.16 (error)")
    """Between two fault alarms while the fault stands; 0: the first alarm only."""
    double_press_within_s: float = _figure(
        0.5, 0.1, 1, "own choice; Axon Body 4 help names a double press without a figure"
    )
    """The second press begins less than this after the first began."""
    hold_s: float = _figure(3.0, 1, 10, "Axon Body 2 and 4 help, Operation")
    bookmark_under_s: float = _figure(1.0, 0.2, 3, "Axon Body 2 manual p.11")
    """A press that lasts less than this is a single press."""
    debounce_s: float = _figure(
        0.02, 0, 0.1, "own choice; assumed to outlast the bounce of a small switch"
    )
    """An edge that follows another by less than this is bounce; 0: none is."""
    low_battery_interval_s: float = _figure(20.0, 0, 600, "Axon Body 2 manual p.16 (low battery)")
    """Between two warnings while the battery is low; 0: the first warning only."""

    def __post_init__(self) -> None:
        for figure in fields(self):
            self._check_range(figure)
        if self.ready_state not in READY_STATES:
            raise ConfigurationError(
                f"policy: ready_state is {self.ready_state!r}; it can be "
                + " or ".join(repr(state.value) for state in READY_STATES)
            )
        self._check_order("debounce_s", "double_press_within_s")
        self._check_order("bookmark_under_s", "hold_s")
        self._check_order("double_press_within_s", "hold_s")

    def _check_range(self, figure: Field[Any]) -> None:
        if "low" not in figure.metadata:
            return
        low, high = figure.metadata["low"], figure.metadata["high"]
        value = getattr(self, figure.name)
        if not low <= value <= high:
            raise ConfigurationError(
                f"policy: {figure.name} is {value}; it must lie between {low} and {high}"
            )

    def _check_order(self, shorter: str, longer: str) -> None:
        if getattr(self, shorter) >= getattr(self, longer):
            raise ConfigurationError(
                f"policy: {shorter} ({getattr(self, shorter)}) must be less than {longer} "
                f"({getattr(self, longer)}); else the two gestures can't be told apart"
            )


def to_ns(duration_s: float) -> int:
    """`duration_s` seconds as whole nanoseconds, rounded."""
    return round(duration_s * NS_PER_S)
