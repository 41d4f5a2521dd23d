"""What every vibration motor accepts, and how it reads as text; the haptic drivers use it."""

from hal.drivers.options import require
from hal.interfaces.haptic import Pulse


def check_pattern(pattern: tuple[Pulse, ...]) -> None:
    """Raises `DriverOptionError` when no motor can play `pattern`."""
    for pulse in pattern:
        require(pulse.on_s > 0, "on_s", pulse.on_s, "above 0")
        require(pulse.off_s >= 0, "off_s", pulse.off_s, "0 or more")


def as_text(pattern: tuple[Pulse, ...]) -> str:
    """For people: "buzz buzz", a pulse of half a second or more is "buzzzz"."""
    return " ".join("buzzzz" if pulse.on_s >= 0.5 else "buzz" for pulse in pattern)
