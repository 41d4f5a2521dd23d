"""The states of the camera. Who uses it: the whole firmware, and whoever shows the state."""

from enum import StrEnum


class State(StrEnum):
    """What the camera is doing; exactly one holds at any instant."""

    OFF = "off"
    BOOTING = "booting"
    STANDBY = "standby"
    """Ready, and nothing is captured or kept."""
    PRE_RECORD = "pre_record"
    """Ready, and the ring holds the last seconds."""
    RECORDING = "recording"
    DOCKED = "docked"
    FAULT = "fault"
    """It can't record, and says so."""
    SHUTTING_DOWN = "shutting_down"
    """Waits until the last clip is closed."""
