"""Reads off a clip's packets when frames were left out.

Who uses it: the open clip.
"""

from bwv_device.evidence.overload import Stretch, to_text
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.clock import NS_PER_S


class Stretches:
    """Of one clip, from its first packet on."""

    def __init__(self, start_ns: int) -> None:
        self._start_ns = start_ns
        self._one_in = 1
        self._done: list[Stretch] = []
        self._running: Stretch | None = None

    def see(self, packet: EncodedPacket) -> bool:
        """Whether the rate changes with this packet."""
        if packet.track is not Track.VIDEO or packet.one_in == self._one_in:
            return False
        self._end_running(packet.time_ns)
        self._one_in = packet.one_in
        if packet.one_in > 1:
            rate_hz = NS_PER_S / (packet.duration_ns * packet.one_in)
            self._running = Stretch(packet.time_ns - self._start_ns, None, rate_hz)
        return True

    def text(self, end_ns: int | None = None) -> str:
        """All so far, as the journal has them; one that runs ends at `end_ns`."""
        if end_ns is not None:
            self._end_running(end_ns)
        return to_text([*self._done, *([self._running] if self._running else [])])

    def _end_running(self, at_ns: int) -> None:
        running, self._running = self._running, None
        if running is not None:
            to_ns = at_ns - self._start_ns
            self._done.append(Stretch(running.from_ns, to_ns, running.rate_hz))
