"""The joint between the ring and what comes live: the first packets of a recording.

Who uses it: the keeper, at a trigger. Where the ring keeps no sound, the part before the
trigger is silent, and the sound from the trigger on is whole although the trigger is
understood only some milliseconds later.
"""

import heapq
from collections import deque
from collections.abc import Iterator

from bwv_device.media.packets import EncodedPacket
from bwv_device.media.silence import Silence
from hal.interfaces.clock import NS_PER_S

TAIL_NS = NS_PER_S
"""As much as the ring keeps beyond its length, and for the same reason."""


class SoundTail:
    """The newest second of sound packets, in memory only; one owner uses it."""

    def __init__(self) -> None:
        self._packets: deque[EncodedPacket] = deque()

    def add(self, packet: EncodedPacket) -> None:
        """Take a packet of sound in, and let go of what is too old."""
        self._packets.append(packet)
        while self._packets[0].end_ns <= packet.end_ns - TAIL_NS:
            self._packets.popleft()

    def since(self, start_ns: int) -> list[EncodedPacket]:
        """The packets that begin at `start_ns` or later."""
        return [packet for packet in self._packets if packet.time_ns >= start_ns]

    def next_ns(self, start_ns: int) -> int | None:
        """When the first packet at or behind `start_ns` begins, be it at hand or still to
        come: packets follow each other without a gap. None when there was none ever."""
        if not self._packets:
            return None
        at_hand = self.since(start_ns)
        if at_hand:
            return at_hand[0].time_ns
        newest = self._packets[-1]
        steps = -(-(start_ns - newest.time_ns) // max(1, newest.duration_ns))
        return newest.time_ns + steps * newest.duration_ns

    def clear(self) -> None:
        """Let go of everything."""
        self._packets.clear()


def first_packets(
    ring: list[EncodedPacket], tail: SoundTail, silence: Silence, sound_from_ns: int
) -> Iterator[EncodedPacket]:
    """What a recording begins with, in order of time within each track: the pictures of the
    `ring`, silence up to `sound_from_ns`, and the sound since then. For a ring that keeps no
    sound."""
    sound_ns = tail.next_ns(sound_from_ns)
    if not ring or sound_ns is None:
        yield from ring
        return
    silent = silence.between(ring[0].time_ns, sound_ns)
    sound = tail.since(sound_from_ns)
    yield from heapq.merge(ring, silent, sound, key=lambda packet: packet.time_ns)
