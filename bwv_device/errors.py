"""The one root of the device's errors; the kind decides what happens next.

Who uses it: everything in `bwv_device`. Foreign errors (SQLite, PyAV, urllib3, OSError) are
wrapped into these once, where they first appear. Hardware errors keep their own root,
`hal.errors.HalError`.
"""

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What the caller does about an error."""

    RETRY = "retry"
    """It may pass: back off and try again. Nothing is shown to the wearer at once."""
    REFUSE = "refuse"
    """The request is wrong and stays wrong: say so, do not try again."""
    FAULT = "fault"
    """The device can't do its work: fault light, and a person has to act."""


class BwvError(Exception):
    """Root of all errors of the device. `str()` says what happened and what to do next."""

    kind: ClassVar[Kind] = Kind.FAULT


class ConfigurationError(BwvError, ValueError):
    """A configuration that can't be used; names the file and the key."""

    kind = Kind.REFUSE
