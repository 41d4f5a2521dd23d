"""Counts for how long a clip has no sound where there should be some.

Who uses it: a clip. Whatever took the sound (the device, a microphone that is gone, a queue that
was full, a packet that came too late): it shows as time that no packet covers, or as packets
that are marked as standing in.
"""

from bwv_device.media.packets import EncodedPacket


class SoundTally:
    """From an instant of a clip on; one thread uses it."""

    def __init__(self, from_ns: int, packet_ns: int) -> None:
        """Sound is due from `from_ns` on. A packet lasts `packet_ns`: as packets lie across the
        ends of a clip, a hole that is shorter is none."""
        self._covered_up_to_ns, self._packet_ns = from_ns, packet_ns
        self._lost_ns = 0

    def add(self, packet: EncodedPacket) -> None:
        """Count a packet of sound that was written. Silence that stands for sound that nobody
        wants kept is none."""
        if packet.is_silence:
            return
        self._lost_ns += self.hole_up_to(packet.time_ns) + packet.lost_ns
        self._covered_up_to_ns = max(self._covered_up_to_ns, packet.end_ns)

    def lost_ns(self, end_ns: int) -> int:
        """Time without sound up to `end_ns`, the end of the clip."""
        return self._lost_ns + self.hole_up_to(end_ns)

    def hole_up_to(self, at_ns: int) -> int:
        """From the newest packet to `at_ns`; nanoseconds."""
        hole_ns = at_ns - self._covered_up_to_ns
        return hole_ns if hole_ns >= self._packet_ns else 0
