"""A video file as a source: opened, measured, and decoded with its damage counted.

Who uses it: the `file` camera and the `file` microphone, so that both mean the same by the
beginning and the length of one round through the same file.
"""

from __future__ import annotations  # PyAV's Packet takes its parameter in stubs only

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from hal.errors import DeviceMissingError

_log = logging.getLogger(__name__)

_SEEK_WORTH = Fraction(10)
"""Seconds to be skipped from which on seeking pays against decoding."""
_SEEK_MARGIN = Fraction(1)
"""Seconds decoded before the place that is wanted: sound codecs need a run-up."""
_US_PER_S = 1_000_000

Decoded = TypeVar("Decoded", VideoFrame, AudioFrame)


@dataclass(frozen=True, slots=True)
class ClipTiming:
    """`origin`: the file's own time, in seconds, at which a round begins; `length`: seconds of
    a round, from the first picture's beginning to the last one's end (of sound, in a file
    without pictures)."""

    origin: Fraction
    length: Fraction


@dataclass(slots=True)
class Damage:
    """What of a file could not be played."""

    path: Path
    broken_packets: int = 0
    misplaced_frames: int = 0
    torn: str | None = None
    """Why the file ended before its end."""
    _told: bool = False

    @property
    def lost(self) -> int:
        """Packets and frames that were there and were not played."""
        return self.broken_packets + self.misplaced_frames

    def tell_once(self, packets: int) -> None:
        """Log the counts after the first round of `packets`, if there is anything to tell."""
        if self._told or not (self.lost or self.torn):
            return
        self._told = True
        _log.warning(
            "%s is damaged: %d of %d packets broken, %d frames out of place, %s; the rest plays",
            self.path,
            self.broken_packets,
            packets,
            self.misplaced_frames,
            f"cut off ({self.torn})" if self.torn else "whole",
        )


def open_clip(path: Path) -> InputContainer:
    """Open the file. Raises `DeviceMissingError` when there is none, or none to be read."""
    if not path.is_file():
        raise DeviceMissingError(f"there is no file {path}: check the path")
    try:
        return av.open(f"file:{path}")
    except (av.FFmpegError, OSError) as error:
        raise DeviceMissingError(
            f"{path} can't be opened as a clip: {error}. It is damaged, cut off or of another"
            " kind: choose another file, or copy it again from where it came"
        ) from error


def picture_stream(container: InputContainer) -> VideoStream | None:
    """The first stream of moving pictures; a cover picture is none."""
    cover = Disposition.attached_pic
    return next((s for s in container.streams.video if not s.disposition & cover), None)


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The first stream of sound."""
    return next(iter(container.streams.audio), None)


def measure(path: Path) -> ClipTiming:
    """Find where a round begins and how long it is, by reading all packets and decoding none.

    What the head of a file says of its length is not believed: a cut-off file still says
    what it was meant to be. Raises `DeviceMissingError` when nothing can be played.
    """
    with open_clip(path) as container:
        stream: VideoStream | AudioStream | None = picture_stream(container)
        stream = stream or sound_stream(container)
        if stream is None:
            raise DeviceMissingError(f"{path} has neither pictures nor sound")
        timing = _span(container, stream)
    if timing is None:
        raise DeviceMissingError(f"{path} is empty or cut off: it has a head and nothing to play")
    return timing


def seek_near(container: InputContainer, timing: ClipTiming, begin: Fraction) -> None:
    """Go to a place before `begin` seconds of the round, if that saves much decoding. What
    can't seek is decoded from its start."""
    if begin < _SEEK_WORTH:
        return
    try:
        container.seek(int((timing.origin + begin - _SEEK_MARGIN) * _US_PER_S))
    except av.FFmpegError as error:
        _log.warning("%s can't seek, it is read from its start: %s", container.name, error)


def decode(
    container: InputContainer,
    stream: Stream,
    decode_packet: Callable[[Packet[Stream] | None], list[Decoded]],
    damage: Damage,
) -> Iterator[Decoded]:
    """All of a stream that can be decoded, in order of display; the rest is counted in `damage`.

    `decode_packet` turns one packet, or None for what the decoder still holds, into frames.
    """
    packets = 0
    for packet in _packets(container, stream, damage):
        packets += 1
        yield from _decoded(packet, decode_packet, damage)
    for frame in _decoded(None, decode_packet, damage):
        frame.time_base = frame.time_base or stream.time_base  # PyAV leaves it out here
        yield frame
    damage.tell_once(packets)


def _decoded(
    packet: Packet[Stream] | None,
    decode_packet: Callable[[Packet[Stream] | None], list[Decoded]],
    damage: Damage,
) -> list[Decoded]:
    try:
        return decode_packet(packet)
    except av.EOFError:
        return []
    except av.FFmpegError as error:
        damage.broken_packets += 1
        _log.debug("%s: a packet can't be decoded: %s", damage.path, error)
        return []


def _packets(container: InputContainer, stream: Stream, damage: Damage) -> Iterator[Packet[Stream]]:
    """The packets of one stream until the file ends, or breaks."""
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    try:
        yield from (packet for packet in container.demux(stream) if packet.size)
    except av.FFmpegError as error:
        damage.torn = str(error)


def _span(container: InputContainer, stream: VideoStream | AudioStream) -> ClipTiming | None:
    """From the first packet's beginning to the last one's end; None without packets."""
    usual = packet_length(stream)
    first: Fraction | None = None
    end = Fraction(0)
    count = 0
    for packet in _packets(container, stream, Damage(Path(container.name))):
        if packet.is_discard or packet.is_corrupt:
            continue
        at, length = _place(packet, usual, count)
        first = at if first is None else min(first, at)
        end = max(end, at + length)
        count += 1
    return None if first is None or end <= first else ClipTiming(first, end - first)


def _place(packet: Packet[Stream], usual: Fraction, count: int) -> tuple[Fraction, Fraction]:
    """Beginning and length in seconds; raw streams have no times and are counted."""
    length = packet.duration * packet.time_base if packet.duration else usual
    if packet.pts is None:
        return count * usual, usual
    return packet.pts * packet.time_base, length


def packet_length(stream: VideoStream | AudioStream) -> Fraction:
    """Seconds of a packet that does not say it: one picture at the stream's rate (25 Hz when
    that is unknown too), or one AAC packet of sound."""
    if isinstance(stream, VideoStream):
        return 1 / (stream.average_rate or stream.guessed_rate or Fraction(25))
    return Fraction(1024, stream.codec_context.sample_rate or 48_000)
