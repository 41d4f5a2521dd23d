"""Packets of any H.264 stream as access units in the form of annex B; used by `h264`.

FFmpeg's filter brings what files and some networks send (units behind their lengths, parameter
sets in the head) to this form, and puts the parameter sets in front of key frames. The names
and numbers are those of ITU-T H.264, table 7-1.
"""

from __future__ import annotations  # PyAV's Packet takes its parameter in stubs only

import re
from collections.abc import Iterator
from dataclasses import dataclass

from av.bitstream import BitStreamFilterContext
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from hal.errors import DeviceMissingError

_SLICES, _IDR, _SPS = range(1, 6), 5, 7
_START = re.compile(rb"\x00\x00\x01")


@dataclass(frozen=True, slots=True)
class Unit:
    """One picture, and its time in the source's own clock, in the stream's time base."""

    data: bytes
    is_key: bool
    pts: int | None


class UnitMaker:
    """For the packets of one stream, in order."""

    def __init__(self, stream: VideoStream, title: str) -> None:
        """Raises `DeviceMissingError` for a stream that is not H.264."""
        name = stream.codec_context.name
        if name != "h264":
            raise DeviceMissingError(
                f"{title} delivers {name}, not H.264: set the camera to H.264, or use the driver"
                " opencv"
            )
        extradata = stream.codec_context.extradata or b""
        self._head = extradata if _is_annex_b(extradata) else b""
        self._filter = BitStreamFilterContext("h264_mp4toannexb", stream)

    def units(self, packet: Packet[VideoStream]) -> Iterator[Unit]:
        """What is in the packet, which is empty afterwards; nothing for one that is damaged."""
        pts = packet.pts
        if packet.is_corrupt or not packet.size:
            return
        try:
            filtered = self._filter.filter(packet)
        except FFmpegError:
            return
        for each in filtered:
            yield self._unit(bytes(each), pts)

    def _unit(self, data: bytes, pts: int | None) -> Unit:
        kinds = leading_kinds(data)
        is_key = bool(kinds) and kinds[-1] == _IDR
        if is_key and _SPS not in kinds:
            data = self._head + data
        return Unit(data, is_key, pts)


def leading_kinds(data: bytes) -> list[int]:
    """The kinds of the units up to the first slice, that included."""
    kinds: list[int] = []
    for match in _START.finditer(data):
        if match.end() == len(data):
            break
        kinds.append(data[match.end()] & 0x1F)
        if kinds[-1] in _SLICES:
            break
    return kinds


def _is_annex_b(extradata: bytes) -> bool:
    return extradata.startswith((b"\x00\x00\x01", b"\x00\x00\x00\x01"))
