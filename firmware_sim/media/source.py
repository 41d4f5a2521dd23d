"""Camera and microphone of a simulated recorder: hands the footage over as its time comes.

Who uses it: the simulated recorder. Procedure S3 of docs/design/simulator.md.
"""

from collections.abc import Callable, Iterator

from bwv_device.media.packets import EncodedPacket
from firmware_sim.media.footage import Footage


class Source:
    """From its opening to its closing; a new one for each session."""

    def __init__(
        self,
        footage: Footage,
        rate_hz: int,
        opened_ns: int,
        give: Callable[[EncodedPacket], None],
    ) -> None:
        """`rate_hz` is that of the sound; the first picture is taken at `opened_ns`."""
        self._give = give
        self._tracks = [
            _Track(footage.pictures_from(opened_ns)),
            _Track(footage.sounds_from(opened_ns, rate_hz)),
        ]

    def deliver_until(self, at_ns: int) -> int:
        """Give every packet that has ended by `at_ns`, in order of time; how many those were."""
        given = 0
        while True:
            track = min(self._tracks, key=lambda each: each.next.end_ns)
            if track.next.end_ns > at_ns:
                return given
            self._give(track.take())
            given += 1


class _Track:
    """An endless line of packets, with the next one seen."""

    def __init__(self, packets: Iterator[EncodedPacket]) -> None:
        self._packets = packets
        self.next = next(packets)

    def take(self) -> EncodedPacket:
        taken, self.next = self.next, next(self._packets)
        return taken
