"""The picamera2 camera over the stand-in for its library: how it asks, and what times mean."""

import itertools
import sys
from collections.abc import Iterator
from fractions import Fraction

import pytest

from hal.drivers.clock.system import SystemClock
from hal.errors import DeviceMissingError, DriverOptionError, DriverUnavailableError
from hal.interfaces.camera import Camera, EncodedCamera, Frame
from hal.registry import find, is_available, open_camera, options_of
from tests.contract import fake_picamera2
from tests.contract.fake_picamera2 import H264Encoder, Picamera2

there = fake_picamera2.fake_picamera2
OPTIONS: dict[str, object] = {"width_px": 64, "height_px": 64, "rate_hz": 25}


def opened(**options: object) -> Camera:
    return open_camera("picamera2", clock=SystemClock(), options={**OPTIONS, **options})


@pytest.fixture
def camera() -> Iterator[Camera]:
    made = opened(bitrate_bps=300_000, key_frame_interval_s=0.4)
    made.start(0)
    yield made
    made.close()


def read(camera: Camera) -> Frame:
    frame = camera.read(20.0)
    assert frame is not None
    return frame


def test_it_asks_for_what_was_configured(camera: Camera) -> None:
    (encoder,), (library,) = H264Encoder.made, Picamera2.made
    assert (encoder.bitrate, encoder.iperiod, encoder.repeat) == (300_000, 10, True)
    assert library.camera_config == {
        "main": {"size": (64, 64), "format": "YUV420"},
        "controls": {"FrameDurationLimits": (40_000, 40_000)},
    }
    assert read(camera).capture_ns > 0


def test_captures_are_the_sensors_instants_on_our_clock(camera: Camera) -> None:
    first = read(camera)
    (encoder,) = H264Encoder.made
    assert encoder.firsttimestamp is not None
    assert first.capture_ns == pytest.approx(encoder.firsttimestamp * 1000, abs=1000)
    second = read(camera)
    frames = Fraction(second.capture_ns - first.capture_ns, 40_000_000)
    assert abs(frames - (second.sequence - first.sequence)) < Fraction(1, 100)


def test_what_the_sensor_drops_is_a_hole(camera: Camera) -> None:
    before = read(camera)
    (library,) = Picamera2.made
    library.drop = 3
    seen = [before, *(read(camera) for _ in range(6))]
    steps = [after.sequence - before.sequence for before, after in itertools.pairwise(seen)]
    assert max(steps) >= 4


def test_a_key_frame_can_be_asked_for(camera: Camera) -> None:
    assert isinstance(camera, EncodedCamera)
    read(camera)
    assert camera.request_key_frame()
    (encoder,) = H264Encoder.made
    method = type(encoder).force_key_frame
    del type(encoder).force_key_frame
    try:
        assert not camera.request_key_frame(), "an older picamera2 has no way to be asked"
    finally:
        type(encoder).force_key_frame = method


def test_the_camera_is_free_again_after_close(camera: Camera) -> None:
    camera.close()
    again = opened()
    again.start(0)
    read(again)
    again.close()


def test_a_camera_that_another_program_holds_says_so() -> None:
    holder = opened()
    holder.start(0)
    with pytest.raises(DeviceMissingError, match=r"no other program.*rpicam-hello"):
        opened().start(0)
    holder.close()


@pytest.mark.parametrize("options", [{"width_px": 63}, {"rate_hz": 0}, {"bitrate_bps": 0}])
def test_senseless_wishes_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(DriverOptionError, match=next(iter(options))):
        opened(**options)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "picamera2"]:
        monkeypatch.delitem(sys.modules, name)
    row = find("camera", "picamera2")
    assert "sudo apt install python3-picamera2" in str(is_available(row))
    with pytest.raises(DriverUnavailableError, match="--system-site-packages"):
        opened()
    assert "bitrate_bps" in options_of(row), "its options are listed on any machine"
