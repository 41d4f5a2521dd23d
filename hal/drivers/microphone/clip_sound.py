"""One round through the sound of a file, put where it belongs beside the pictures.

Sound that begins before the first picture or goes on after the last is cut; where there is
none, there is silence. So a round has exactly as many samples as its length asks for.
"""

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from hal.drivers.clip_file import ClipTiming, Damage, decode, open_clip, seek_near, sound_stream
from hal.errors import DeviceMissingError

_log = logging.getLogger(__name__)

Samples = npt.NDArray[np.int16]
"""Shape (samples, channels)."""

RATE_HZ = 48_000
_LAYOUTS = {1: "mono", 2: "stereo"}

_SLACK_SAMPLES = RATE_HZ // 100
"""10 ms: times in files are rounded, MKV's to 1 ms; only more than this is a gap."""
_SILENCE_SAMPLES = RATE_HZ
"""Silence is made in pieces of 1 s."""


def sound(
    path: Path, timing: ClipTiming, begin: Fraction, wanted: int, channels: int, damage: Damage
) -> Iterator[Samples]:
    """Pieces of `wanted` samples altogether, the first at the beginning of the round.

    What is before `begin`, in seconds, may be silence: it is not wanted. Closing the iterator
    closes the file. Raises `DeviceMissingError` when it can't be opened.
    """
    position = 0
    with open_clip(path) as container:
        stream = _required(container, path)
        seek_near(container, timing, begin)
        for start, samples in _placed(container, stream, timing, channels, damage):
            gap = start - position
            if position == 0 or abs(gap) > _SLACK_SAMPLES:
                yield from silence(min(gap, wanted - position), channels)
                position += max(0, min(gap, wanted - position))
                samples = samples[max(0, -gap) :]
            samples = samples[: wanted - position]
            position += len(samples)
            yield samples
            if position >= wanted:
                return
    yield from silence(wanted - position, channels)


def silence(count: int, channels: int) -> Iterator[Samples]:
    """`count` samples of nothing, in pieces; none when `count` is not positive."""
    for first in range(0, count, _SILENCE_SAMPLES):
        yield np.zeros((min(_SILENCE_SAMPLES, count - first), channels), np.int16)


def _required(container: InputContainer, path: Path) -> AudioStream:
    stream = sound_stream(container)
    if stream is None:
        raise DeviceMissingError(f"{path} has no sound: choose another microphone, or none")
    return stream


def _placed(
    container: InputContainer,
    stream: AudioStream,
    timing: ClipTiming,
    channels: int,
    damage: Damage,
) -> Iterator[tuple[int, Samples]]:
    """Resampled pieces, each with the sample of the round at which it begins by its time."""
    following = 0
    for piece in _resampled(container, stream, channels, damage):
        if piece.pts is not None:
            at = piece.pts * cast(Fraction, piece.time_base) - timing.origin
            following = round(at * RATE_HZ)
        samples = cast(Samples, piece.to_ndarray()).reshape(-1, channels)
        yield following, samples
        following += len(samples)


def _resampled(
    container: InputContainer, stream: AudioStream, channels: int, damage: Damage
) -> Iterator[AudioFrame]:
    """In the format of the microphone; a frame of another kind than those before it counts as
    broken, the next of that kind are taken."""
    resampler: AudioResampler | None = None
    for frame in decode(container, stream, stream.decode, damage):
        resampler = resampler or AudioResampler("s16", _LAYOUTS[channels], RATE_HZ)
        try:
            yield from resampler.resample(frame)
        except (ValueError, av.FFmpegError) as error:
            damage.broken_packets += 1
            _log.debug("%s: sound can't be resampled: %s", damage.path, error)
            resampler = None
    if resampler is not None:
        yield from resampler.resample(None)


def is_decodable(path: Path, timing: ClipTiming, channels: int) -> bool:
    """Whether at least one piece of the sound can be decoded."""
    with open_clip(path) as container:
        pieces = _placed(container, _required(container, path), timing, channels, Damage(path))
        return next(pieces, None) is not None
