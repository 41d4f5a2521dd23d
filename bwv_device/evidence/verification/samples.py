"""What a clip shows, as values: pictures with times and bytes, and the units of the file.

Who uses it: both readers of clips make it, the checks look at it.
"""

from dataclasses import dataclass

from bwv_device.evidence.errors import StoreError


class UnreadableError(StoreError):
    """Nothing that shows pictures."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture as the file stores it."""

    start_ns: int
    """On the clip's own time line."""
    end_ns: int
    data: bytes | memoryview
    """NAL units, as `Footage.nal_length_bytes` says; of a large clip not in memory."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The head of the clip, or one fragment: what the chain has a line for."""

    start: int
    end: int
    """Bytes of the file, exclusive."""
    start_ns: int
    end_ns: int
    """When its pictures begin and end; both are 0 for the head."""
    frames: int


@dataclass(frozen=True, slots=True)
class Footage:
    """A clip that can be looked at."""

    samples: tuple[Sample, ...]
    units: tuple[Unit, ...]
    """Empty for a file that is not fragmented."""
    damaged_bytes: int
    """Bytes in the middle that belong to no fragment."""
    torn_bytes: int
    """Bytes behind the last whole fragment."""
    codec: str
    """`avc1` and so on."""
    nal_length_bytes: int
    """Bytes of length before each NAL unit of a sample; 0 where start codes stand there."""
    repacked: bool = False
    """Whether it is no file of the recorder's kind."""

    @property
    def end_ns(self) -> int:
        """Where the last picture ends; 0 without one."""
        return self.samples[-1].end_ns if self.samples else 0
