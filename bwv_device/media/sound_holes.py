"""Remembers where sound is missing, until the packets of that time have been encoded.

Who uses it: the steady microphone. Blocks go through a resampler and an encoder that each keep
some; what ties a hole to its packets is the capture time.
"""

from collections import deque
from dataclasses import replace

from bwv_device.media.packets import EncodedPacket


class SoundHoles:
    """Stretches in order of time; one thread uses it."""

    def __init__(self) -> None:
        self._holes: deque[tuple[int, int]] = deque()

    def add(self, from_ns: int, to_ns: int) -> None:
        """What is heard from `from_ns` to `to_ns` was made by software."""
        if self._holes and self._holes[-1][1] >= from_ns:
            from_ns = self._holes.pop()[0]
        self._holes.append((from_ns, to_ns))

    def marked(self, packet: EncodedPacket) -> EncodedPacket:
        """The packet, with as much as it has of a hole. Packets come in order of time."""
        while self._holes and self._holes[0][1] <= packet.time_ns:
            self._holes.popleft()
        lost_ns = sum(
            max(0, min(packet.end_ns, to_ns) - max(packet.time_ns, from_ns))
            for from_ns, to_ns in self._holes
        )
        return replace(packet, lost_ns=lost_ns) if lost_ns else packet
