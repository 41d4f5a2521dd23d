"""Reads a copy of a clip that was packed anew: any container that PyAV opens.

Who uses it: `read_footage`, for what is no fragmented MP4. The pictures' own signatures survive
packing anew; the file's digest does not. PyAV comes with the extra `verify`, and only such a file
needs it.
"""

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bwv_device.evidence.verification.samples import Footage, Sample, UnreadableError

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

_NS_PER_S = 1_000_000_000
_AVCC_VERSION, _LENGTH_AT = 1, 4


def read_foreign(data: memoryview) -> Footage:
    """The pictures of a file; raises `UnreadableError` when there is none or PyAV is missing."""
    try:
        import av
        from av.error import FFmpegError
    except ImportError as error:
        raise UnreadableError(
            "this is no clip as the recorder writes it, and what reads other files is missing: "
            "pip install 'bwv-device[verify]'"
        ) from error
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if not container.streams.video:
                raise UnreadableError("the file has no pictures")
            stream = container.streams.video[0]
            # Its type does not say so, but a stream of no codec that FFmpeg knows has no context.
            context = getattr(stream, "codec_context", None)
            if context is None:
                raise UnreadableError("nobody knows how the file's pictures are encoded")
            samples = tuple(_samples(container.demux(stream)))
            length_bytes = _nal_length_bytes(context.extradata or b"")
            codec = str(context.name)
    except (FFmpegError, ValueError) as error:
        raise UnreadableError(f"the file can't be read as video: {error}") from error
    if not samples:
        raise UnreadableError("the file holds no picture")
    return Footage(samples, (), 0, 0, codec, length_bytes, repacked=True)


def _samples(packets: "Iterable[Packet[VideoStream]]") -> "Iterator[Sample]":
    """In the order of decoding, which is that of the hashes."""
    end_ns = 0
    for packet in packets:
        if not packet.size:
            continue
        start_ns = end_ns
        if packet.dts is not None and packet.time_base is not None:
            start_ns = round(packet.dts * packet.time_base * _NS_PER_S)
        length = (packet.duration or 0) * (packet.time_base or 0)
        end_ns = start_ns + round(length * _NS_PER_S)
        yield Sample(start_ns, end_ns, bytes(packet))


def _nal_length_bytes(head: bytes) -> int:
    """From the codec's own data: `avcC` in MP4 and Matroska, start codes elsewhere."""
    if len(head) > _LENGTH_AT and head[0] == _AVCC_VERSION:
        return (head[_LENGTH_AT] & 3) + 1
    return 0
