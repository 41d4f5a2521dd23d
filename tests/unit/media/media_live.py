"""A steady camera and microphone for a rig: ten pictures and 47 packets of sound a second."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bwv_device.media.packets import EncodedPacket
from tests.unit.media.media_packets import MS, S, sound, video
from tests.unit.media.media_rig import Rig

FRAME_NS = 100 * MS
GROUP = 10
STEP_NS = 1024 * S // 48_000
PICTURE_LAG_NS, SOUND_LAG_NS = 5 * MS, 40 * MS


def live(
    rig: Rig, from_ms: int, to_ms: int, *, pictures: bool = True, sounds: bool = True, size: int = 0
) -> None:
    """Play what reaches the keeper from one instant up to another; every packet belongs to one
    endless row, so that stretches can follow each other."""
    arrivals: list[tuple[int, EncodedPacket]] = []
    if pictures:
        arrivals += _pictures(from_ms * MS, to_ms * MS, size)
    if sounds:
        arrivals += _sounds(from_ms * MS, to_ms * MS)
    for at_ns, packet in sorted(arrivals, key=lambda arrival: arrival[0]):
        rig.at(at_ns, packet)
    rig.clock.advance_ns(max(0, to_ms * MS - rig.clock.monotonic_ns()))


def _pictures(from_ns: int, to_ns: int, size: int) -> list[tuple[int, EncodedPacket]]:
    first = max(0, -(-(from_ns - PICTURE_LAG_NS) // FRAME_NS))
    last = -(-(to_ns - PICTURE_LAG_NS) // FRAME_NS)
    return [(n * FRAME_NS + PICTURE_LAG_NS, picture(n, size=size)) for n in range(first, last)]


def picture(number: int, *, size: int = 0, lost: int = 0) -> EncodedPacket:
    """The n-th picture of the row."""
    is_key = number % GROUP == 0
    return video(number * FRAME_NS, key=is_key, number=number, size=size, lost=lost)


def _sounds(from_ns: int, to_ns: int) -> list[tuple[int, EncodedPacket]]:
    lag_ns = STEP_NS + SOUND_LAG_NS
    first = max(0, -(-(from_ns - lag_ns) // STEP_NS))
    last = max(0, -(-(to_ns - lag_ns) // STEP_NS))
    return [(n * STEP_NS + lag_ns, sound(n * STEP_NS, number=n)) for n in range(first, last)]


@dataclass
class Disk:
    """Takes `room_bytes` more, then refuses with `refusal`; a write across the edge is short,
    as those of a real disk are."""

    room_bytes: int
    refusal: int = errno.ENOSPC

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between the store and the machine, from now on."""
        for name in ("write", "pwrite"):
            monkeypatch.setattr(os, name, self._writing(getattr(os, name)))

    def _writing(self, real: Callable[..., int]) -> Callable[..., int]:
        def write(handle: int, data: bytes, *where: int) -> int:
            if self.room_bytes <= 0:
                raise OSError(self.refusal, os.strerror(self.refusal))
            written = real(handle, memoryview(data)[: self.room_bytes], *where)
            self.room_bytes -= written
            return written

        return write
