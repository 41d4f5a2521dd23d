"""Encoders are opened once a session: the tests need their templates, not their work."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from bwv_device.configuration.media import Sound, Video
from bwv_device.evidence.store import Store
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.silence import Silence, make_silence
from bwv_device.media.sound_encoder import SoundEncoder
from hal.interfaces.camera import CameraMode, PixelFormat
from hal.interfaces.microphone import MicrophoneMode

SMALL = CameraMode(64, 64, Fraction(10), PixelFormat.I420)


@pytest.fixture(scope="session")
def templates() -> Templates:
    """Tracks for picture and sound."""
    video = X264Encoder(SMALL, Video(preset="ultrafast"), 0)
    return Templates(video.stream, SoundEncoder(MicrophoneMode(48_000, 1), Sound()).stream)


@pytest.fixture(scope="session")
def silence() -> Silence:
    return make_silence(Sound())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open, empty store."""
    opened = Store.open(tmp_path / "store")
    yield opened
    opened.close()
