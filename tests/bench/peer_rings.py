"""How other recorders hold what came before a trigger: made again from what is known of them.

Used by `recorder_peer_run.py`. picamera2's two outputs and motion's ring, by what their users and
their documentation say of them (raspberrypi/picamera2#1020, #874, #226, #1240; Motion-Project/
motion#1033, #1733). None of their code is here; each is as small as the approach allows, without
overlay, sound, digests or syncs.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bwv_device.media.encoders.interface import Picture
from bwv_device.media.packets import EncodedPacket
from hal.interfaces.clock import NS_PER_S

Encode = Callable[[Picture, int], EncodedPacket]
"""A picture and its capture time in; its packet out."""
Write = Callable[[EncodedPacket], None]
"""Into the clip that is open."""


@dataclass(frozen=True, slots=True)
class Captured:
    """A picture on its way."""

    picture: Picture
    capture_ns: int


class PeerRing(ABC):
    """Pictures in; while a clip is open, packets out. One thread calls all of it."""

    def __init__(self, length_s: float, rate_hz: int, encode: Encode) -> None:
        self._length_s, self._rate_hz, self._encode = length_s, rate_hz, encode
        self._write: Write | None = None
        self._key_seen = False

    def open(self, write: Write) -> None:
        """The trigger: what comes out goes to `write`."""
        self._write, self._key_seen = write, False

    @abstractmethod
    def take(self, captured: Captured) -> None:
        """A picture has come."""

    @abstractmethod
    def close(self) -> None:
        """The stop: nothing goes out any more when this returns."""

    def _pass_on(self, packet: EncodedPacket) -> None:
        """Out with it, from the first key frame on."""
        self._key_seen = self._key_seen or packet.starts_clip
        if self._write is not None and self._key_seen:
            self._write(packet)


class FrameCounted(PeerRing):
    """picamera2 `CircularOutput`: as many packets as the length has at the nominal rate. While a
    clip is open, each that comes pushes the oldest one out; the stop empties it into the clip, so
    that the next trigger finds it empty."""

    def __init__(self, length_s: float, rate_hz: int, encode: Encode) -> None:
        super().__init__(length_s, rate_hz, encode)
        self._held: deque[EncodedPacket] = deque(maxlen=round(length_s * rate_hz))

    def take(self, captured: Captured) -> None:
        self._held.append(self._encode(captured.picture, captured.capture_ns))
        if self._write is not None:
            for packet in _oldest(self._held, up_to_key=not self._key_seen):
                self._pass_on(packet)

    def close(self) -> None:
        while self._held:
            self._pass_on(self._held.popleft())
        self._write = None


class DelayLine(PeerRing):
    """picamera2 `CircularOutput2`: as many packets as the length lasts. While a clip is open, each
    that comes pushes the oldest one out; what is inside at the stop is not in the clip."""

    def __init__(self, length_s: float, rate_hz: int, encode: Encode) -> None:
        super().__init__(length_s, rate_hz, encode)
        self._held: deque[EncodedPacket] = deque()

    @property
    def bytes(self) -> int:
        """Bytes of the packets inside."""
        return sum(len(packet.data) for packet in self._held)

    def take(self, captured: Captured) -> None:
        newest = self._encode(captured.picture, captured.capture_ns)
        self._held.append(newest)
        while newest.time_ns - self._held[0].time_ns > self._length_s * NS_PER_S:
            self._held.popleft()
        if self._write is not None:
            for packet in _oldest(self._held, up_to_key=not self._key_seen):
                self._pass_on(packet)

    def close(self) -> None:
        self._write = None


class RawPictures(PeerRing):
    """motion: as many raw pictures as the length has. Nothing is encoded before a trigger; then
    all of them at once, in the loop that reads the camera."""

    def __init__(self, length_s: float, rate_hz: int, encode: Encode) -> None:
        super().__init__(length_s, rate_hz, encode)
        self._held: deque[Captured] = deque(maxlen=round(length_s * rate_hz))

    def take(self, captured: Captured) -> None:
        self._held.append(captured)
        while self._write is not None and self._held:
            oldest = self._held.popleft()
            self._pass_on(self._encode(oldest.picture, oldest.capture_ns))

    def close(self) -> None:
        self._write = None


def _oldest(held: deque[EncodedPacket], *, up_to_key: bool) -> Iterator[EncodedPacket]:
    """What one newcomer pushes out: one packet, or all up to the first key frame."""
    while held:
        packet = held.popleft()
        yield packet
        if packet.starts_clip or not up_to_key:
            return


RAW_RECORDER = "ring of raw pictures"
PEERS: dict[str, type[PeerRing]] = {
    "picamera2 CircularOutput2": DelayLine,
    "picamera2 CircularOutput": FrameCounted,
    RAW_RECORDER: RawPictures,
}
