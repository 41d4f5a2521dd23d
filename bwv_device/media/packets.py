"""An encoded packet, as it travels from the encoder through the ring into a clip.

It holds plain bytes and no handle of any library, so that ring and clips are tested, and
simulated, without an encoder.
"""

from dataclasses import dataclass
from enum import StrEnum


class Track(StrEnum):
    """The two tracks of a clip."""

    VIDEO = "video"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """One picture (H.264 access unit) or one AAC frame of sound."""

    track: Track
    time_ns: int
    """Monotonic capture time of the picture, or of the first sample."""
    duration_ns: int
    """Nominal time until the next packet of the track."""
    is_key: bool
    """A clip can begin here; True for every packet of sound."""
    data: bytes
    lost_before: int = 0
    """Frames that were captured, or due, and lost between the packet before and this one."""
    skipped_before: int = 0
    """Frames that were captured and left out, by the rule of overload, between the packet before
    and this one."""
    one_in: int = 1
    """Every so many frames of the camera, one was encoded when this one was."""
    is_silence: bool = False
    """Made by us to stand for sound that is not kept."""

    is_slate: bool = False
    """A picture that stands in for a lost camera."""
    lost_ns: int = 0
    """Of a packet of sound: how much of it stands in for sound that was lost on its way."""

    @property
    def end_ns(self) -> int:
        return self.time_ns + self.duration_ns

    @property
    def starts_clip(self) -> bool:
        """Whether it is a key frame."""
        return self.is_key and self.track is Track.VIDEO
