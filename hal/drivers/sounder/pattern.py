"""What every sounder accepts, and how it reads as text; the sounder drivers use it."""

from hal.drivers.options import require
from hal.interfaces.clock import NS_PER_S
from hal.interfaces.sounder import Beep

HIGHEST_HZ = 20_000


def check_pattern(pattern: tuple[Beep, ...]) -> None:
    """Raises `DriverOptionError` when no sounder can play `pattern`."""
    for beep in pattern:
        heard = 0 < beep.frequency_hz <= HIGHEST_HZ
        require(heard, "frequency_hz", beep.frequency_hz, f"above 0, at most {HIGHEST_HZ}")
        require(beep.on_s > 0, "on_s", beep.on_s, "above 0")
        require(beep.off_s >= 0, "off_s", beep.off_s, "0 or more")


def length_ns(pattern: tuple[Beep, ...]) -> int:
    """How long `pattern` plays, nanoseconds."""
    return round(sum(beep.on_s + beep.off_s for beep in pattern) * NS_PER_S)


def as_text(pattern: tuple[Beep, ...]) -> str:
    """For people: "beep beep", a beep of half a second or more is "beeeep"."""
    return " ".join("beeeep" if beep.on_s >= 0.5 else "beep" for beep in pattern)
