"""The vibration motor that the wearer feels."""

from dataclasses import dataclass
from typing import Protocol

from hal.interfaces.part import Part


@dataclass(frozen=True, slots=True)
class Pulse:
    """`on_s` seconds of vibration, then `off_s` seconds of rest."""

    on_s: float
    off_s: float


class Haptic(Part, Protocol):
    """Plays patterns one after another; the caller never waits."""

    def play(self, pattern: tuple[Pulse, ...]) -> None:
        """Begin `pattern` now, after any that still plays. Returns at once.

        Raises `DeviceClosedError` after `close`, `DriverOptionError` for a pattern that can't
        be played, `DeviceLostError` when the device has gone.
        """
