"""The others' rings lose what they are known to lose, and nothing that they are not known for."""

import pytest

from bwv_device.media.encoders.interface import Picture
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.clock import NS_PER_S
from tests.bench.peer_rings import (
    Captured,
    DelayLine,
    FrameCounted,
    PeerRing,
    RawPictures,
)

RATE_HZ, LENGTH_S = 10, 3.0
FRAME_NS = NS_PER_S // RATE_HZ


class Played:
    """A ring in front of ten pictures a second, the encoder with a key frame a second."""

    def __init__(self, kind: type[PeerRing]) -> None:
        self.encoded: list[int] = []
        self._ring = kind(LENGTH_S, RATE_HZ, self._encode)
        self._next = 0

    def pictures(self, count: int) -> None:
        for _ in range(count):
            self._ring.take(Captured(b"", self._next * FRAME_NS))
            self._next += 1

    def clip(self, count: int) -> list[int]:
        """The numbers in a clip that lasts for `count` pictures."""
        written: list[int] = []
        self._ring.open(lambda packet: written.append(packet.time_ns // FRAME_NS))
        self.pictures(count)
        self._ring.close()
        return written

    def _encode(self, _picture: Picture, capture_ns: int) -> EncodedPacket:
        number = capture_ns // FRAME_NS
        self.encoded.append(number)
        return EncodedPacket(Track.VIDEO, capture_ns, FRAME_NS, number % RATE_HZ == 0, b"x")


def test_a_delay_line_still_holds_the_end_of_the_event() -> None:
    played = Played(DelayLine)
    played.pictures(105)
    clip = played.clip(100)
    # From the first key frame inside; as many frames as came, so the event's end is missing.
    assert clip == list(range(80, 80 + 100))
    assert 205 - clip[-1] > 20


def test_a_count_of_frames_is_in_the_clip_to_the_end_and_leaves_nothing_for_the_next() -> None:
    played = Played(FrameCounted)
    played.pictures(105)
    assert played.clip(50) == list(range(80, 155))
    played.pictures(5)
    assert played.clip(50) == list(range(160, 210))


def test_raw_pictures_are_encoded_when_the_trigger_comes_all_at_once() -> None:
    played = Played(RawPictures)
    played.pictures(100)
    assert played.encoded == []
    assert played.clip(1) == list(range(80, 101))
    assert played.encoded == list(range(71, 101))


@pytest.mark.parametrize("kind", [DelayLine, FrameCounted, RawPictures])
def test_none_doubles_a_frame(kind: type[PeerRing]) -> None:
    played = Played(kind)
    played.pictures(77)
    both = played.clip(31) + played.clip(12)
    assert sorted(set(both)) == both
