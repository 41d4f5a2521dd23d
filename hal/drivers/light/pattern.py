"""What every light accepts, and how it reads as text; the light drivers use it."""

from hal.drivers.options import require
from hal.errors import DriverOptionError
from hal.interfaces.light import LightPattern

OFF = "off"
DEFAULT_COLOURS = ("red", "amber", "green", "blue", "white")


def known_colours(colours: tuple[str, ...]) -> frozenset[str]:
    """The colours of a light; it can always be off. Raises `DriverOptionError` for none."""
    require(bool(colours) and all(colours), "colours", colours, "one or more names")
    return frozenset((*colours, OFF))


def check_pattern(title: str, pattern: LightPattern, colours: frozenset[str]) -> None:
    """Raises `DriverOptionError` when a light of these `colours` can't show `pattern`."""
    if pattern.colour not in colours:
        raise DriverOptionError(
            f"{title} has no colour {pattern.colour!r}; it has: {', '.join(sorted(colours))}"
        )
    require(pattern.on_s >= 0, "on_s", pattern.on_s, "0 or more")
    require(pattern.off_s >= 0, "off_s", pattern.off_s, "0 or more")
    blinks = pattern.off_s == 0 or pattern.on_s > 0
    require(blinks, "on_s", pattern.on_s, "above 0 when off_s is: the light blinks")


def as_text(pattern: LightPattern) -> str:
    """For people: "off", "red", "green blinking 0.5/0.5 s"."""
    if not pattern.lit or pattern.off_s == 0:
        return pattern.colour
    return f"{pattern.colour} blinking {pattern.on_s:g}/{pattern.off_s:g} s"
