"""The microphone: blocks of samples with the instant at which each began."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hal.interfaces.part import Part

if TYPE_CHECKING:
    # An agent, which hears nothing, starts without it.
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class MicrophoneMode:
    """What a microphone delivers."""

    rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """A run of samples: shape (samples, channels), 16 bit signed."""

    samples: "npt.NDArray[np.int16]"
    capture_ns: int
    """Monotonic capture time of the first sample."""
    lost_before: int
    """Samples that the device reported lost between the block before and this one."""


class Microphone(Part, Protocol):
    """A source of sound; one reader thread at a time."""

    def start(self, epoch_ns: int) -> MicrophoneMode:
        """Open the device and say what it delivers; `epoch_ns` as for `Camera.start`.

        Raises `DeviceMissingError` when it can't be opened, `DeviceStartedError` the second
        time, `DeviceClosedError` after `close`.
        """

    def read(self, timeout_s: float) -> AudioBlock | None:
        """The next block (about 20 ms), or None when none came within `timeout_s`.

        Raises `DeviceLostError` when the device has gone, `DeviceClosedError` before
        `start` and after `close`.
        """
