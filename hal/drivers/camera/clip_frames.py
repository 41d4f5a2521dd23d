"""One round through the pictures of a file, each with its time in the round."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from hal.drivers.clip_file import (
    ClipTiming,
    Damage,
    decode,
    open_clip,
    packet_length,
    picture_stream,
    seek_near,
)
from hal.errors import DeviceMissingError

TimedFrame = tuple[Fraction, VideoFrame]


def picture_rate(path: Path) -> Fraction:
    """The nominal rate of the pictures in the file. Raises `DeviceMissingError` without any."""
    with open_clip(path) as container:
        return 1 / packet_length(_required(container, path))


def frames(path: Path, timing: ClipTiming, begin: Fraction, damage: Damage) -> Iterator[TimedFrame]:
    """The frames with their times in seconds from the beginning of the round, rising.

    The first is at or before `begin`, in seconds, where that is not the start. Closing the
    iterator closes the file. Raises `DeviceMissingError` when it can't be opened.
    """
    with open_clip(path) as container:
        stream = _required(container, path)
        stream.thread_type = "AUTO"
        seek_near(container, timing, begin)
        yield from _in_place(_timed(container, stream, timing, damage), timing, damage)


def _required(container: InputContainer, path: Path) -> VideoStream:
    stream = picture_stream(container)
    if stream is None:
        raise DeviceMissingError(f"{path} has no pictures: choose a video file")
    return stream


def _timed(
    container: InputContainer, stream: VideoStream, timing: ClipTiming, damage: Damage
) -> Iterator[TimedFrame]:
    """Each frame with its own time, or one picture after the one before when it has none."""
    usual = packet_length(stream)
    at = -usual
    for frame in decode(container, stream, stream.decode, damage):
        if frame.pts is None:
            at += usual
        else:
            at = frame.pts * cast(Fraction, frame.time_base) - timing.origin
        yield at, frame


def _in_place(
    timed: Iterator[TimedFrame], timing: ClipTiming, damage: Damage
) -> Iterator[TimedFrame]:
    """Those within the round whose time is later than the one before. What is before the
    origin was cut by who made the file; all else that is left out is damage."""
    newest = Fraction(-1)
    for at, frame in timed:
        if at < 0:
            continue
        if newest < at < timing.length:
            newest = at
            yield at, frame
        else:
            damage.misplaced_frames += 1
