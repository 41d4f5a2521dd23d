"""What happens to the camera, as the state machine hears it.

Who uses it: the agent's owner thread and the simulator, which post events; `table`, whose
rows name triggers.
"""

from dataclasses import dataclass
from enum import StrEnum


class Trigger(StrEnum):
    """The name of an event; `table.TABLE` says what each does in each state."""

    POWER_ON = "power_on"
    BOOT_DONE = "boot_done"
    BOOT_FAILED = "boot_failed"
    ARM = "arm"
    """Begin to fill the pre-record ring."""
    DISARM = "disarm"
    """Empty the ring and capture nothing."""
    START = "start"
    STOP = "stop"
    BOOKMARK = "bookmark"
    DOCK = "dock"
    UNDOCK = "undock"
    RECORDER_STARTED = "recorder_started"
    """The first packet since `Arm` or `StartRecording` has arrived."""
    RECORDER_FAILED = "recorder_failed"
    """Capture or writing broke off; `Event.message` says how."""
    CAPTURE_LOST = "capture_lost"
    """The camera that was capturing has gone; a recording goes on with a slate and sound."""
    CAPTURE_BACK = "capture_back"
    """The camera that was lost gives pictures again."""
    STORAGE_FULL = "storage_full"
    FAULT_CLEARED = "fault_cleared"
    """No fault stands any more: a recording can be tried again."""
    BATTERY_LOW = "battery_low"
    BATTERY_EMPTY = "battery_empty"
    """The battery is at its end: there is time to close what is open, and no more."""
    BATTERY_WELL = "battery_well"
    """The battery that was low is charging, or fuller."""
    POWER_OFF = "power_off"
    SHUT_DOWN_DONE = "shut_down_done"
    """The recorder is closed and the store is at rest."""


class Reason(StrEnum):
    """Why a recording starts or ends where the firmware knows it, in the words of the metadata
    keys `TriggerOn` and `TriggerOff`. Another source (a signal line, a peer) brings its own."""

    BUTTON = "Button"
    DOCKED = "Docked"
    SHUTDOWN = "Shutdown"
    FAULT = "Fault"
    STORAGE_FULL = "StorageFull"
    BATTERY_EMPTY = "BatteryEmpty"
    UNKNOWN = "Unknown"
    """A start or a stop was posted without a reason."""


@dataclass(frozen=True, slots=True)
class Event:
    """`trigger` at `at_ns` (monotonic nanoseconds).

    `at_ns` of a start or a bookmark is the instant that the wearer meant, not the one at
    which it was understood.
    """

    trigger: Trigger
    at_ns: int
    reason: str = ""
    """Why a start or a stop, in the words of `Reason` or the source's own."""
    message: str = ""
    """What failed and what to do about it, for a person."""
    since_ns: int | None = None
    """When what led to the event began (a hold begins 3 s before its stop); None: `at_ns`."""

    @property
    def began_ns(self) -> int:
        """When what led to the event began."""
        return self.at_ns if self.since_ns is None else self.since_ns

    def __str__(self) -> str:
        """In words, with all that it carries: nothing of an ignored event is lost."""
        reason = f" ({self.reason})" if self.reason else ""
        message = f": {self.message}" if self.message else ""
        return f"{self.trigger}{reason}{message}"
