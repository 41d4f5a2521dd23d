"""The pre-record ring: the last seconds, encoded, in memory and nowhere else.

It is trimmed by time, not by a count of frames (a count comes out short when frames drop),
holds whole groups of pictures so that what it gives always begins with a key frame, and never
holds more bytes than its ceiling. One owner uses it, so it needs no lock. Nothing in the
standard library or in PyAV trims by time, bytes and key frame at once, hence our own.
"""

from collections import deque
from dataclasses import dataclass, field

from bwv_device.configuration.media import PreRecord
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.clock import NS_PER_S

_SLACK_NS = NS_PER_S
"""Kept beyond the length asked for: a trigger is handled some milliseconds after its own
instant, and the group of pictures that it needs must still be there then."""


@dataclass(slots=True)
class _Group:
    """A key frame and all that followed it up to the next one."""

    start_ns: int
    packets: list[EncodedPacket] = field(default_factory=list)
    bytes: int = 0


class Ring:
    """Packets in, the last `length_s` seconds out."""

    def __init__(self, settings: PreRecord) -> None:
        self._keep_ns = round(settings.length_s * NS_PER_S) + _SLACK_NS
        self._byte_ceiling = settings.byte_ceiling
        self._keeps_sound = settings.sound
        self._groups: deque[_Group] = deque()
        self._bytes = 0
        self.hit_ceiling = False
        """Whether the ring is now shorter than asked because of its byte ceiling."""

    @property
    def byte_ceiling(self) -> int:
        """Most bytes that it may hold now."""
        return self._byte_ceiling

    def limit(self, byte_ceiling: int) -> None:
        """Hold at most so many bytes from now on; what is more goes at once."""
        self._byte_ceiling = byte_ceiling
        self._trim_bytes()

    @property
    def bytes(self) -> int:
        """Bytes of the packets held."""
        return self._bytes

    @property
    def start_ns(self) -> int | None:
        """Time of the first key frame held."""
        return self._groups[0].start_ns if self._groups else None

    def add(self, packet: EncodedPacket) -> None:
        """Take a packet in, and let go of what is too old or too much.

        Packets before the first key frame can't be played, and are not kept.
        """
        if packet.track is Track.SOUND and not self._keeps_sound:
            return
        if packet.starts_clip:
            self._groups.append(_Group(packet.time_ns))
        if not self._groups:
            return
        group = self._groups[-1]
        group.packets.append(packet)
        group.bytes += len(packet.data)
        self._bytes += len(packet.data)
        self._trim(packet.time_ns)

    def since(self, start_ns: int) -> list[EncodedPacket]:
        """All from the last key frame at or before `start_ns`, or from the first one held."""
        first = 0
        for index, group in enumerate(self._groups):
            if group.start_ns <= start_ns:
                first = index
        return [
            packet
            for index, group in enumerate(self._groups)
            if index >= first
            for packet in group.packets
        ]

    def clear(self) -> None:
        """Let go of everything."""
        self._groups.clear()
        self._bytes = 0
        self.hit_ceiling = False

    def _trim(self, now_ns: int) -> None:
        oldest_needed_ns = now_ns - self._keep_ns
        while len(self._groups) > 1 and self._groups[1].start_ns <= oldest_needed_ns:
            self._drop_first()
            self.hit_ceiling = False
        self._trim_bytes()

    def _trim_bytes(self) -> None:
        while self._bytes > self._byte_ceiling:
            self._drop_first()
            self.hit_ceiling = True

    def _drop_first(self) -> None:
        self._bytes -= self._groups.popleft().bytes
