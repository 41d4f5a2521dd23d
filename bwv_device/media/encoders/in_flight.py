"""Pictures that are inside an encoder, in the order in which they went in.

Who uses it: encoders that give a picture's packet later than at once. Without B-frames packets
come out in the order of the pictures, so the first that waits is the one that comes.
"""

from collections import deque

from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket, Track


class InFlight:
    """What the packets need of their pictures: capture time and losses."""

    def __init__(self, frame_ns: int, most: int) -> None:
        """At most `most` pictures may wait."""
        self._frame_ns, self._most = frame_ns, most
        self._waiting: deque[tuple[int, int]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, capture_ns: int, lost_before: int) -> None:
        """A picture goes in. Raises `EncoderError` when too many wait already."""
        if len(self._waiting) >= self._most:
            raise EncoderError(f"the encoder keeps {self._most} pictures to itself")
        self._waiting.append((capture_ns, lost_before))

    def leave(self, data: bytes, is_key: bool) -> EncodedPacket:
        """A packet came out. Raises `EncoderError` when no picture is left that it could be."""
        if not self._waiting:
            raise EncoderError("the encoder gave more packets than it got pictures")
        capture_ns, lost_before = self._waiting.popleft()
        return EncodedPacket(Track.VIDEO, capture_ns, self._frame_ns, is_key, data, lost_before)

    def check_empty(self) -> None:
        """At the end. Raises `EncoderError` when pictures went in that never came out."""
        if self._waiting:
            raise EncoderError(f"the encoder swallowed the last {len(self._waiting)} pictures")
