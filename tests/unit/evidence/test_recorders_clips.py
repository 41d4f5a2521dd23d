"""The recorder's own files, seen by the scan: what one writes, the other has to understand."""

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bwv_device.configuration.media import Sound, Video
from bwv_device.evidence.fragments import scan
from bwv_device.media.clip_writer import ClipWriter
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.silence import make_silence
from bwv_device.media.sound_encoder import SoundEncoder
from hal.interfaces.camera import CameraMode, PixelFormat
from hal.interfaces.clock import NS_PER_S
from hal.interfaces.microphone import MicrophoneMode
from tests.support.clips import Decoded, decode

RATE_HZ, FRAMES = 15, 40
MODE = CameraMode(320, 240, Fraction(RATE_HZ), PixelFormat.I420)
START_NS = 1000 * NS_PER_S


def pictures(video: X264Encoder, jitter_ns: int) -> list[EncodedPacket]:
    """Noise that moves, so that key frames are large and the rest is not empty."""
    rng, shake = np.random.default_rng(1), random.Random(1)
    noise = rng.integers(0, 255, (360, 320), np.uint8)
    packets = []
    for number in range(FRAMES):
        at_ns = START_NS + number * NS_PER_S // RATE_HZ + shake.randint(0, jitter_ns)
        picture = np.ascontiguousarray(np.roll(noise, number * 3, axis=1))
        packets += video.encode(picture, at_ns, 0)
    return packets


@pytest.mark.parametrize("silent", [False, True], ids=["with sound", "without sound"])
@pytest.mark.parametrize("jitter_ns", [0, 20_000_000], ids=["even", "uneven"])
def test_every_fragment_of_the_recorder_is_whole(
    tmp_path: Path, silent: bool, jitter_ns: int
) -> None:
    video = X264Encoder(MODE, Video(preset="ultrafast"), START_NS)
    packets = pictures(video, jitter_ns)
    sound = None
    if not silent:
        sound = SoundEncoder(MicrophoneMode(48_000, 1), Sound()).stream
        end_ns = START_NS + FRAMES * NS_PER_S // RATE_HZ
        packets = sorted(
            [*packets, *make_silence(Sound()).between(START_NS, end_ns)], key=lambda p: p.time_ns
        )
    writer = ClipWriter(tmp_path / "clip.mp4", Templates(video.stream, sound), START_NS)
    for packet in packets:
        if writer.write(packet):
            assert scan(tmp_path / "clip.mp4").is_whole
    digests = writer.close()
    found = scan(tmp_path / "clip.mp4")
    assert found.is_whole and found.whole_bytes == digests.bytes
    assert found.frames == FRAMES
    assert Decoded(found.frames, found.of(b"soun")[0]) == decode(tmp_path / "clip.mp4")
    assert found.duration_ns == pytest.approx(FRAMES * NS_PER_S / RATE_HZ, abs=jitter_ns + 1e6)
