"""Makes small, real clips of the recorder's format: H.264 and AAC in fragmented MP4.

Used by tests that need a file which a player opens. Nothing of the recorder is used, so a fault
of its writer can't hide in the test of something else.
"""

import io
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal

import av
import numpy as np

MOVFLAGS = "cmaf+frag_keyframe+empty_moov+frag_discont+skip_trailer"
WIDTH_PX, HEIGHT_PX, RATE_HZ, SOUND_HZ, SOUND_SAMPLES = 320, 240, 15, 48_000, 1024
FRAME_NS = round(1e9 / RATE_HZ)


@dataclass(frozen=True)
class Decoded:
    """What a player gets out of a clip."""

    frames: int
    sound_frames: int


@cache
def clip_bytes(
    seconds: float,
    *,
    sound: bool = True,
    group_s: float = 1.0,
    tone_hz: int = 440,
    picture: Literal["bar", "black"] = "bar",
) -> bytes:
    """A clip in which a bar moves and a tone sounds; one fragment each `group_s`."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"movflags": MOVFLAGS}) as container:
        video = _video_stream(container, group_s)
        tone = container.add_stream("aac", rate=SOUND_HZ, layout="mono") if sound else None
        sounded = 0
        for number in range(round(seconds * RATE_HZ)):
            container.mux(video.encode(_picture(number, picture)))
            while tone and sounded * RATE_HZ < (number + 1) * SOUND_HZ:
                container.mux(tone.encode(_block(sounded, tone_hz)))
                sounded += SOUND_SAMPLES
        container.mux(video.encode(None))
        if tone:
            container.mux(tone.encode(None))
    return file.getvalue()


def make_clip(path: Path, seconds: float = 3.0, *, sound: bool = True) -> Path:
    """Write a clip to `path`, making the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(clip_bytes(seconds, sound=sound))
    return path


def decode(data: bytes | Path) -> Decoded:
    """Decode everything; raises what PyAV raises on the first error."""
    source = io.BytesIO(data) if isinstance(data, bytes) else str(data)
    with av.open(source, "r") as container:
        for stream in container.streams:
            # What a decoder would paper over is an error here.
            stream.codec_context.options = {"err_detect": "explode"}
        counts = {"video": 0, "audio": 0}
        for packet in container.demux():
            counts[packet.stream.type] += len(packet.decode())
    return Decoded(counts["video"], counts["audio"])


def _video_stream(container: av.container.OutputContainer, group_s: float) -> av.VideoStream:
    stream = container.add_stream(
        "libx264",
        rate=RATE_HZ,
        options={
            "preset": "ultrafast",
            "tune": "zerolatency",
            "g": str(round(group_s * RATE_HZ)),
            "sc_threshold": "0",
            "threads": "1",
        },
    )
    stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
    return stream


def _picture(number: int, picture: str) -> av.VideoFrame:
    luma = np.add.outer(np.arange(HEIGHT_PX), np.arange(WIDTH_PX)).astype(np.uint8) // 2
    luma[:, number * 8 % WIDTH_PX :][:, :16] = 235
    luma = luma if picture == "bar" else np.full_like(luma, 16)
    chroma = np.full((HEIGHT_PX // 2, WIDTH_PX), 128, np.uint8)
    frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
    return frame


def _block(start: int, tone_hz: int) -> av.AudioFrame:
    at_s = (start + np.arange(SOUND_SAMPLES)) / SOUND_HZ
    samples = (0.3 * np.sin(2 * math.pi * tone_hz * at_s)).astype(np.float32)[None]
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, start, Fraction(1, SOUND_HZ)
    return frame
