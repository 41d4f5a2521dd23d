"""A short clip of the kind that the camera writes: fragmented MP4, H.264 and AAC."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE_HZ = 25
SOUND_HZ = 48_000
WIDTH_PX, HEIGHT_PX = 640, 360
SAMPLES = 1024


def write_clip(path: Path, length_s: int = 6) -> None:
    """A bar that wanders over a changing ground, and a tone."""
    flags = "cmaf+frag_keyframe+empty_moov+frag_discont+skip_trailer"
    with av.open(str(path), "w", format="mp4", options={"movflags": flags}) as output:
        video = output.add_stream("libx264", rate=RATE_HZ)
        video.width, video.height, video.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        video.options = {"preset": "ultrafast", "g": str(RATE_HZ), "bf": "0"}
        sound = output.add_stream("aac", rate=SOUND_HZ, layout="mono")
        for packet in _packets(video, sound, length_s):
            output.mux(packet)


def _packets(video, sound, length_s):  # type: ignore[no-untyped-def]
    sample = 0
    for number in range(length_s * RATE_HZ):
        yield from video.encode(_picture(number))
        while sample < (number + 1) * SOUND_HZ // RATE_HZ:
            yield from sound.encode(_tone(sample))
            sample += SAMPLES
    yield from video.encode(None)
    yield from sound.encode(None)


def _picture(number: int) -> av.VideoFrame:
    pixels = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    rows = np.arange(HEIGHT_PX, dtype=np.uint16)[:, None]
    pixels[..., 0] = rows // 4 + 30
    pixels[..., 1] = rows // 5 + 40
    pixels[..., 2] = 90 + number % 60
    left = number * 4 % (WIDTH_PX - 80)
    pixels[120:240, left : left + 80] = (230, 200, 120)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
    return frame


def _tone(start: int) -> av.AudioFrame:
    times = (np.arange(SAMPLES) + start) / SOUND_HZ
    wave = (0.2 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(wave[None, :], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, start, Fraction(1, SOUND_HZ)
    return frame
