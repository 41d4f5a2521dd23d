"""Real encoded packets, made once, that a simulated camera delivers again and again.

Who uses it: the source. The picture is the generated scene, encoded by the camera's own encoders,
so what a simulated camera writes plays. Whole groups of pictures, so that the loop has no seam.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from bwv_device.configuration.media import Sound, Video
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.silence import FRAME_SAMPLES, Silence, make_silence
from bwv_device.media.sound_encoder import SoundEncoder
from hal.drivers.camera.scene import ScenePicture
from hal.drivers.scene_code import tone_second
from hal.interfaces.camera import CameraMode, ColourMatrix, PixelFormat
from hal.interfaces.clock import NS_PER_S
from hal.interfaces.microphone import AudioBlock, MicrophoneMode

LOOP_S = 4
"""Long enough that no two neighbouring groups are the same; `assumed`."""


@dataclass(frozen=True, slots=True)
class Footage:
    """Packets from time zero on; each track repeats after its own length."""

    templates: Templates
    silence: Silence
    mode: CameraMode
    pictures: tuple[EncodedPacket, ...]
    sounds: tuple[EncodedPacket, ...]

    @property
    def frame_ns(self) -> int:
        """From picture to picture, nominal."""
        return round(NS_PER_S / self.mode.rate_hz)

    def pictures_from(self, origin_ns: int) -> Iterator[EncodedPacket]:
        """Without an end, the first one, a key frame, at `origin_ns`."""
        rate_hz, number = self.mode.rate_hz, 0
        while True:
            packet = self.pictures[number % len(self.pictures)]
            yield replace(packet, time_ns=origin_ns + round(number * NS_PER_S / rate_hz))
            number += 1

    def sounds_from(self, origin_ns: int, rate_hz: int) -> Iterator[EncodedPacket]:
        """Without an end, the first one at `origin_ns`."""
        number = 0
        while True:
            packet = self.sounds[number % len(self.sounds)]
            time_ns = origin_ns + number * FRAME_SAMPLES * NS_PER_S // rate_hz
            yield replace(packet, time_ns=time_ns)
            number += 1


def make_footage(video: Video, sound: Sound) -> Footage:
    """Encode `LOOP_S` seconds of the scene at the configured size and rate. Raises
    `EncoderError`."""
    mode = CameraMode(
        width_px=video.width_px,
        height_px=video.height_px,
        rate_hz=Fraction(video.rate_hz),
        format=PixelFormat.I420,
        matrix=ColourMatrix.BT709,
    )
    encoder = X264Encoder(mode, replace_preset(video), 0)
    pictures = tuple(_pictures(encoder, mode))
    sound_encoder = SoundEncoder(MicrophoneMode(sound.rate_hz, 1), sound)
    sounds = tuple(_sounds(sound_encoder, sound.rate_hz))
    templates = Templates(encoder.stream, sound_encoder.stream)
    return Footage(templates, make_silence(sound), mode, pictures, sounds)


def replace_preset(video: Video) -> Video:
    """The fastest preset: what a picture looks like is of no matter here."""
    return video.model_copy(update={"preset": "ultrafast"})


def _pictures(encoder: X264Encoder, mode: CameraMode) -> Iterator[EncodedPacket]:
    scene = ScenePicture(mode.width_px, mode.height_px, mode.rate_hz)
    for number in range(int(LOOP_S * mode.rate_hz)):
        at_ns = round(number * NS_PER_S / mode.rate_hz)
        yield from encoder.encode(scene.draw(number), at_ns, 0)


def _sounds(encoder: SoundEncoder, rate_hz: int) -> Iterator[EncodedPacket]:
    second = tone_second(rate_hz).reshape(-1, 1)
    for number in range(LOOP_S):
        yield from encoder.encode(AudioBlock(second, number * NS_PER_S, 0))
