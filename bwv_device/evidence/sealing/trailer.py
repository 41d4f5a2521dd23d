"""The end of each unit of a sealed clip, which can be read without any key.

Who uses it: the cipher writes it, the scan finds it. It is what makes a sealed clip mendable after
a cut: where each unit ends, how many pictures are in the clip up to there, and the block that
closes the ciphertext at that place. It stands in the *ciphertext*; what it decrypts to is noise, in
a `free` box that players pass over. See docs/design/sealing.md, "The trailer".

    48 bytes: magic (4), CRC-32 of the next 24 (4), clear end (8), media end in ns (8), frames (4),
    number (4), joint (16)

Numbers are big-endian. The joint is chosen so that the block behind it, which closes the clip if it
ends here, is the one that `closing` gives.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass

from bwv_device.evidence.fragments import Mark

BLOCK_BYTES = 16
"""Of AES."""
MAGIC = b"bwvu"
_FIGURES = struct.Struct(">QQII")
_INFO = struct.Struct(f">{len(MAGIC)}sI{_FIGURES.size}s")
INFO_BYTES = _INFO.size
TRAILER_BYTES = INFO_BYTES + BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Info:
    """What a trailer says of its unit."""

    number: int
    """0 is the head."""
    mark: Mark
    """Where the unit ends in the clear, and what the clip holds up to there."""

    def to_bytes(self) -> bytes:
        """The trailer without the joint."""
        mark = self.mark
        figures = _FIGURES.pack(mark.end_bytes, mark.media_end_ns, mark.frames, self.number)
        return _INFO.pack(MAGIC, zlib.crc32(figures), figures)

    @property
    def closing(self) -> bytes:
        """The last block of the file, should it end here."""
        return hashlib.sha256(self.to_bytes()).digest()[:BLOCK_BYTES]


def info_at(data: memoryview, offset: int) -> Info | None:
    """What the trailer at `offset` says; None when there is none that stands in its place."""
    if offset < 0 or offset + TRAILER_BYTES > len(data):
        return None
    magic, crc, figures = _INFO.unpack_from(data, offset)
    if magic != MAGIC or crc != zlib.crc32(figures):
        return None
    end, media_end_ns, frames, number = _FIGURES.unpack(figures)
    if end != offset + TRAILER_BYTES:
        return None
    return Info(number, Mark(end, frames, media_end_ns))
