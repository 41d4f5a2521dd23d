"""Packets for tests of the ring, the inbox and the keeper: made up, but such as the muxer takes.

Each packet carries a number that can be read back from a finished file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from bwv_device.media.packets import EncodedPacket, Track

S = 1_000_000_000
MS = 1_000_000
SOUND_RATE_HZ = 48_000
_KEY, _DELTA = b"\x65\x88", b"\x41\x9a"
"""Heads of H.264 slices, each the first of its picture: one that needs no other, and one that
does."""


def video(
    time_ns: int,
    *,
    key: bool = False,
    number: int = 0,
    size: int = 0,
    lost: int = 0,
    skipped: int = 0,
    one_in: int = 1,
    duration_ns: int = 100 * MS,
) -> EncodedPacket:
    """A picture's packet of at least `size` bytes that says its number."""
    data = b"\0\0\0\1" + (_KEY if key else _DELTA) + f"v{number};".encode()
    return EncodedPacket(
        Track.VIDEO,
        time_ns,
        duration_ns,
        key,
        data.ljust(size, b"x"),
        lost_before=lost,
        skipped_before=skipped,
        one_in=one_in,
    )


def sound(
    time_ns: int, *, number: int = 0, size: int = 0, duration_ns: int = 1024 * S // SOUND_RATE_HZ
) -> EncodedPacket:
    """A packet of sound that says its number."""
    data = f"s{number};".encode().ljust(size, b"x")
    return EncodedPacket(Track.SOUND, time_ns, duration_ns, True, data)


@dataclass(frozen=True)
class Written:
    """A packet as a file has it."""

    track: str
    time_ns: int
    number: int | None
    """None for silence."""
    is_key: bool


def read_back(path: Path) -> list[Written]:
    """All packets of a clip, in the order of the file."""
    with av.open(str(path)) as container:
        return list(_packets(container))


def _packets(container: av.container.InputContainer) -> Iterator[Written]:
    for packet in container.demux():
        if packet.pts is None:
            continue
        found = re.search(rb"[vs](\d+);", bytes(packet))
        time_ns = int(packet.pts * Fraction(packet.time_base) * S)
        number = int(found[1]) if found else None
        yield Written(packet.stream.type, time_ns, number, packet.is_keyframe)
