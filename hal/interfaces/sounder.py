"""The sounder: short patterns of beeps."""

from dataclasses import dataclass
from typing import Protocol

from hal.interfaces.part import Part


@dataclass(frozen=True, slots=True)
class Beep:
    """`on_s` seconds of a tone of `frequency_hz`, then `off_s` seconds of silence."""

    frequency_hz: float
    on_s: float
    off_s: float


class Sounder(Part, Protocol):
    """Plays patterns one after another; the caller never waits for the sound."""

    def play(self, pattern: tuple[Beep, ...]) -> None:
        """Begin `pattern` now, after any that still plays. Returns at once.

        Raises `DeviceClosedError` after `close`, `DriverOptionError` for a pattern that can't
        be played, `DeviceMissingError` when the device can't be opened (the first call does
        that), `DeviceLostError` when it has gone since.
        """
