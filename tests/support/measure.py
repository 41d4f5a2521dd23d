"""What a finished clip holds, measured by decoding it: frame numbers, flashes, tones, spacing.

Used by tests that prove from the file alone that no frame is missing and that sound and picture
belong together. The scene's code says what numbers, flashes and tones look like.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from hal.drivers.scene_code import is_flash, read_counter, tone_starts


@dataclass(frozen=True)
class Picture:
    """A decoded picture."""

    time_s: float
    number: int | None
    """What the scene's counter reads; None in a picture of anything else."""
    flash: bool


@dataclass(frozen=True)
class Packet:
    """A packet as it stands in the file."""

    time_s: float
    duration_s: float
    is_key: bool
    bytes: int


@dataclass(frozen=True)
class Sound:
    """Decoded sound on the clip's own timeline; where the file has none, there are zeros."""

    start_s: float
    rate_hz: int
    samples: npt.NDArray[np.int16]

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.samples) / self.rate_hz

    def between(self, start_s: float, end_s: float) -> npt.NDArray[np.int16]:
        """The samples of a stretch of the clip's time."""
        first, last = ((at_s - self.start_s) * self.rate_hz for at_s in (start_s, end_s))
        return self.samples[max(0, round(first)) : max(0, round(last))]


@dataclass(frozen=True)
class Measured:
    """A clip; times are seconds on its own timeline."""

    pictures: list[Picture]
    packets: list[Packet]
    sound_packets: list[Packet]
    sound: Sound | None
    container_duration_s: float

    @property
    def numbers(self) -> list[int | None]:
        """The frame number of each picture, in the order of the file."""
        return [picture.number for picture in self.pictures]

    @property
    def starts_with_key(self) -> bool:
        """Whether the first packet of video is a key frame."""
        return self.packets[0].is_key

    @property
    def duration_s(self) -> float:
        """From the first picture's start to the last one's end."""
        last = self.packets[-1]
        return last.time_s + last.duration_s - self.packets[0].time_s

    @property
    def spacing_s(self) -> list[float]:
        """From each picture's packet to the next."""
        times = [packet.time_s for packet in self.packets]
        return [after - before for before, after in pairwise(times)]

    @property
    def flash_starts_s(self) -> list[float]:
        """When flashes begin; one that the clip begins with counts as no beginning."""
        pairs = pairwise(self.pictures)
        return [after.time_s for before, after in pairs if after.flash and not before.flash]

    @property
    def tone_starts_s(self) -> list[float]:
        """When tone bursts begin."""
        if self.sound is None:
            return []
        starts = tone_starts(self.sound.samples, self.sound.rate_hz)
        return [self.sound.start_s + start / self.sound.rate_hz for start in starts]

    def offsets_s(self) -> list[float]:
        """For each tone, how much later it begins than the flash that belongs to it. A tone
        without a flash within 0.4 s has none: compare the counts as well."""
        return [
            tone_s - flash_s
            for tone_s in self.tone_starts_s
            for flash_s in self.flash_starts_s
            if abs(tone_s - flash_s) < 0.4
        ]


def measure(path: Path) -> Measured:
    """Decode all of `path`. Raises what PyAV raises on the first thing that can't be decoded."""
    with av.open(str(path)) as container:
        packets, sound_packets = _packets(container)
    with av.open(str(path)) as container:
        duration_s = (container.duration or 0) / av.time_base
        pictures = [_picture(frame) for frame in _decoded(container, "video")]
    with av.open(str(path)) as container:
        sound = _sound(list(_decoded(container, "audio")))
    return Measured(pictures, packets, sound_packets, sound, duration_s)


def assert_every_number_once(numbers: list[int | None]) -> None:
    """Fail with what is missing, doubled or unreadable."""
    read = [number for number in numbers if number is not None]
    assert read, "no frame number can be read"
    assert len(read) == len(numbers), f"{len(numbers) - len(read)} numbers are unreadable"
    doubled = [number for number, count in Counter(read).items() if count > 1]
    missing = sorted(set(range(read[0], read[0] + len(read))) - set(read))
    assert not doubled and not missing, f"doubled {doubled}, missing {missing}"
    assert read == sorted(read)


def _packets(container: av.container.InputContainer) -> tuple[list[Packet], list[Packet]]:
    found: dict[str, list[Packet]] = {"video": [], "audio": []}
    for packet in container.demux():
        if packet.pts is not None:
            base = packet.time_base
            times = float(packet.pts * base), float((packet.duration or 0) * base)
            found[packet.stream.type].append(Packet(*times, packet.is_keyframe, packet.size))
    return found["video"], found["audio"]


def _decoded(container: av.container.InputContainer, kind: str) -> Iterator[Any]:
    for stream in container.streams:
        # What a decoder would paper over is an error here.
        stream.codec_context.options = {"err_detect": "explode"}
    streams = [stream for stream in container.streams if stream.type == kind]
    return container.decode(streams) if streams else iter(())


def _picture(frame: av.VideoFrame) -> Picture:
    luma = frame.to_ndarray(format="yuv420p")[: frame.height]
    assert frame.time is not None
    number = read_counter(luma)
    return Picture(frame.time, number, number is not None and is_flash(luma))


def _sound(frames: list[av.AudioFrame]) -> Sound | None:
    """The first channel, each frame where its own time says."""
    if not frames:
        return None
    rate_hz = frames[0].sample_rate
    start = Fraction(frames[0].pts or 0) * frames[0].time_base
    places = [
        round((Fraction(frame.pts or 0) * frame.time_base - start) * rate_hz) for frame in frames
    ]
    samples = np.zeros(places[-1] + frames[-1].samples, np.int16)
    for place, frame in zip(places, frames, strict=True):
        samples[place : place + frame.samples] = _int16(frame)
    return Sound(float(start), rate_hz, samples)


def _int16(frame: av.AudioFrame) -> npt.NDArray[np.int16]:
    assert frame.format.name == "fltp", "AAC decodes to planar floats"
    return np.clip(frame.to_ndarray()[0] * 32768, -32768, 32767).astype(np.int16)
