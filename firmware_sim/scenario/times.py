"""Times as people write them in a scenario: `12`, `1.5 s`, `00:02:30`, `9 h`.

Who uses it: the scenario's model and its expectations.
"""

import re

from hal.interfaces.clock import NS_PER_S

_UNITS_S = {"": 1.0, "ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_WITH_UNIT = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|)")
_CLOCK = re.compile(r"(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)")
FORMS = "seconds (12, 1.5 s), 250 ms, 20 min, 9 h, or h:mm:ss"


def duration_ns(text: str | float) -> int:
    """Nanoseconds. Raises `ValueError` that says which forms there are."""
    words = str(text).strip()
    if (found := _CLOCK.fullmatch(words)) is not None:
        hours, minutes, seconds = found.groups()
        return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * NS_PER_S)
    if (found := _WITH_UNIT.fullmatch(words)) is not None:
        return round(float(found[1]) * _UNITS_S[found[2]] * NS_PER_S)
    raise ValueError(f"{words!r} is no time: write {FORMS}")
