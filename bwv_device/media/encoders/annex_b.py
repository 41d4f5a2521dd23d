"""H.264 whose parameter sets stand in the packets, brought to what a file's head needs.

Who uses it: the encoders that state SPS and PPS only in-band. A file needs them in its head
(`avcC`), before the first packet; without, it is written whole and can't be played. The names
and numbers are those of ITU-T H.264, table 7-1 and annex B.
"""

import io
import re
from dataclasses import dataclass

import av
from av.error import FFmpegError
from av.video.stream import VideoStream

from bwv_device.media.errors import EncoderError

_IDR, _SPS, _PPS, _DELIMITER = 5, 7, 8, 9
_START = b"\x00\x00\x00\x01"
# A unit never ends in a zero byte, so zeros before a start code belong to the start code.
_BETWEEN_UNITS = re.compile(rb"\x00{2,}\x01")


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture's units, without start codes."""

    units: tuple[bytes, ...]

    @classmethod
    def parse(cls, data: bytes) -> "AccessUnit":
        """Cut Annex B bytes at their start codes. Raises `EncoderError` when there is none."""
        before, *units = _BETWEEN_UNITS.split(data)
        if before or not units or not all(units):
            raise EncoderError(f"{len(data)} bytes of the encoder are no H.264 access unit")
        return cls(tuple(units))

    @property
    def is_key(self) -> bool:
        """Whether decoding can begin here: it holds a slice of an IDR picture."""
        return any(_kind(unit) == _IDR for unit in self.units)

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """Its SPS and PPS; empty where it has none."""
        return tuple(unit for unit in self.units if _kind(unit) in (_SPS, _PPS))

    def without_parameter_sets(self) -> bytes:
        """Annex B bytes of the rest, access unit delimiter left out too: as libx264 gives
        packets when the codec data goes into the head of the file."""
        kept = (unit for unit in self.units if _kind(unit) not in (_SPS, _PPS, _DELIMITER))
        return b"".join(_START + unit for unit in kept)


def template_from(data: bytes) -> VideoStream:
    """The stream that a key packet of Annex B bytes belongs to, with codec data, size and
    colours read from its parameter sets. Raises `EncoderError` when it holds none."""
    unit = AccessUnit.parse(data)
    if not unit.is_key or len(unit.parameter_sets) < 2:
        raise EncoderError("the encoder's first packet is no key frame with SPS and PPS")
    try:
        stream = av.open(io.BytesIO(data), format="h264").streams.video[0]
    except (FFmpegError, IndexError, ValueError) as error:
        raise EncoderError(f"the encoder's first packet can't be read: {error}") from error
    if not stream.codec_context.extradata:
        raise EncoderError("the encoder's first packet gave no codec data")
    return stream


def _kind(unit: bytes) -> int:
    return unit[0] & 0x1F
