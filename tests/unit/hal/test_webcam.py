"""The opencv camera when the device misbehaves; OpenCV's capture is stood in for."""

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from hal.drivers.camera import opencv
from hal.drivers.camera.opencv import OpenCvCamera
from hal.drivers.camera.opencv_device import Wish, agreed_mode, local_path, request_mode
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceClosedError, DeviceLostError, DeviceMissingError, DriverOptionError
from tests.contract.clips import footage

BEGUN_NS = 1000 * 10**9


class FakeCapture:
    """A 4 x 2 camera that a test tells when to give a frame."""

    def __init__(self) -> None:
        self.settings = {
            cv2.CAP_PROP_FRAME_WIDTH: 4.0,
            cv2.CAP_PROP_FRAME_HEIGHT: 2.0,
            cv2.CAP_PROP_FPS: 30.0,
        }
        self.rates: dict[int, float] = {}
        self.grabs = threading.Semaphore(0)
        self.taken = threading.Semaphore(0)
        self.alive = True
        self.decodes = True
        self.released = threading.Event()
        self.grabbed = 0

    def give(self, frames: int = 1) -> None:
        """Let the driver grab `frames`, and return when it has dealt with them."""
        for _ in range(frames):
            self.grabs.release()
        for _ in range(frames):
            assert self.taken.acquire(timeout=10)

    def die(self) -> None:
        self.alive = False
        self.grabs.release()

    def grab(self) -> bool:
        if self.grabbed:
            self.taken.release()
        assert self.grabs.acquire(timeout=30)
        self.grabbed += self.alive
        return self.alive

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        return self.decodes, np.full((2, 4, 3), self.grabbed, np.uint8)

    def get(self, setting: int) -> float:
        return self.settings.get(setting, 0.0)

    def set(self, setting: int, value: float) -> None:
        if setting == cv2.CAP_PROP_FOURCC:
            self.settings[cv2.CAP_PROP_FPS] = self.rates.get(int(value), 30.0)
        elif setting != cv2.CAP_PROP_FPS:
            self.settings[setting] = value

    def release(self) -> None:
        self.released.set()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(monotonic_ns=BEGUN_NS)


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> FakeCapture:
    made = FakeCapture()
    monkeypatch.setattr(opencv, "open_capture", lambda _: made)
    return made


@pytest.fixture
def camera(clock: VirtualClock, capture: FakeCapture) -> Iterator[OpenCvCamera]:
    made = OpenCvCamera(clock)
    assert made.start(0).rate_hz == 30
    yield made
    capture.die()
    made.close()
    assert capture.released.wait(10)


def give_and_wait(camera: OpenCvCamera, capture: FakeCapture, frames: int) -> list[tuple[int, int]]:
    """Sequence and picture of `frames` that a prompt reader gets."""
    seen = []
    for _ in range(frames):
        capture.give()
        frame = camera.read(0)
        assert frame is not None
        seen.append((frame.sequence, int(frame.pixels[0, 0, 0])))
    return seen


def test_a_prompt_reader_sees_every_frame(camera: OpenCvCamera, capture: FakeCapture) -> None:
    assert give_and_wait(camera, capture, 20) == [(n, n + 1) for n in range(20)]


def test_what_a_slow_reader_misses_are_holes_and_the_oldest_are_kept(
    camera: OpenCvCamera, capture: FakeCapture
) -> None:
    capture.give(12)
    seen = [camera.read(0) for _ in range(8)]
    assert [frame.sequence for frame in seen if frame] == list(range(8))
    assert camera.read(0) is None
    assert give_and_wait(camera, capture, 2) == [(12, 13), (13, 14)]


def test_frames_are_stamped_by_the_buffer_when_it_knows(
    camera: OpenCvCamera, capture: FakeCapture, clock: VirtualClock
) -> None:
    capture.settings[cv2.CAP_PROP_POS_MSEC] = BEGUN_NS / 1e6 - 35
    capture.grabs.release()
    frame = camera.read(1000.0)
    assert frame is not None
    assert frame.capture_ns == BEGUN_NS - 35_000_000
    capture.settings[cv2.CAP_PROP_POS_MSEC] = 0
    clock.advance_s(0.033)
    capture.grabs.release()
    frame = camera.read(1000.0)
    assert frame is not None
    assert frame.capture_ns == BEGUN_NS + 33_000_000


def test_a_frame_that_can_not_be_decoded_is_a_hole(
    camera: OpenCvCamera, capture: FakeCapture
) -> None:
    give_and_wait(camera, capture, 1)
    capture.decodes = False
    capture.give(1)
    capture.decodes = True
    capture.give(1)
    frame = camera.read(0)
    assert frame is not None
    assert frame.sequence == 2


def test_a_camera_that_only_gives_rubbish_is_lost(
    camera: OpenCvCamera, capture: FakeCapture
) -> None:
    capture.decodes = False
    for _ in range(30):
        capture.grabs.release()
    with pytest.raises(DeviceLostError, match="can't be decoded"):
        camera.read(1000.0)


def test_a_camera_that_opens_and_gives_no_frame_says_what_to_try(
    camera: OpenCvCamera, capture: FakeCapture
) -> None:
    assert camera.read(0) is None
    capture.die()
    with pytest.raises(DeviceLostError, match=r"gave no frame.*another USB|another port"):
        camera.read(1000.0)


def test_an_unplugged_camera_gives_what_it_has_and_then_is_lost(
    camera: OpenCvCamera, capture: FakeCapture
) -> None:
    capture.give(2)
    capture.die()
    assert camera.read(1000.0) is not None
    assert camera.read(1000.0) is not None
    with pytest.raises(DeviceLostError, match="stopped after 2 frames"):
        camera.read(1000.0)


def test_a_hanging_grab_does_not_hang_the_closing(
    clock: VirtualClock, capture: FakeCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opencv, "_JOIN_S", 0.05)
    camera = OpenCvCamera(clock)
    camera.start(0)
    camera.close()
    assert not capture.released.is_set()
    with pytest.raises(DeviceClosedError):
        camera.read(0)
    capture.die()
    assert capture.released.wait(10)


def test_a_reader_that_waits_is_let_go_by_closing(
    camera: OpenCvCamera, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opencv, "_JOIN_S", 0.05)
    closing = threading.Thread(target=lambda: (clock.until_waiting(), camera.close()))
    closing.start()
    with pytest.raises(DeviceClosedError):
        camera.read(1000.0)
    closing.join(10)


def test_mjpg_is_tried_when_the_rate_can_not_be_had_otherwise() -> None:
    capture = FakeCapture()
    capture.settings[cv2.CAP_PROP_FPS] = 10.0
    wish = Wish(1280, 720, Fraction(30), None)
    request_mode(capture, wish)  # type: ignore[arg-type]
    mode = agreed_mode(capture, wish)  # type: ignore[arg-type]
    assert (mode.width_px, mode.height_px, mode.rate_hz) == (1280, 720, 30)


def test_a_format_that_was_asked_for_is_not_replaced() -> None:
    capture = FakeCapture()
    capture.rates[cv2.VideoWriter.fourcc(*"YUYV")] = 10.0
    wish = Wish(None, None, Fraction(30), "YUYV")
    request_mode(capture, wish)  # type: ignore[arg-type]
    assert agreed_mode(capture, wish).rate_hz == 10  # type: ignore[arg-type]


@pytest.mark.parametrize("told_hz", [0.0, -1.0, 90_000.0])
def test_a_senseless_rate_is_replaced_by_the_usual_one(told_hz: float) -> None:
    capture = FakeCapture()
    capture.settings[cv2.CAP_PROP_FPS] = told_hz
    assert agreed_mode(capture, Wish(None, None, None, None)).rate_hz == 30  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "path"),
    [
        (0, "/dev/video0"),
        ("2", "/dev/video2"),
        ("/dev/video1", "/dev/video1"),
        ("/dev/v4l/by-id/usb-cam", "/dev/v4l/by-id/usb-cam"),
        ("rtsp://camera.example/1", None),
        ("clip.mp4", None),
    ],
)
def test_local_devices_are_told_from_addresses(source: int | str, path: str | None) -> None:
    assert local_path(source) == (None if path is None else Path(path))


def test_a_device_without_permission_names_the_group(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: True)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(DeviceMissingError, match=r"usermod -aG video"):
        OpenCvCamera(clock, source=0).start(0)


@pytest.mark.parametrize(
    "options", [{"width_px": 0}, {"height_px": -1}, {"rate_hz": Fraction(0)}, {"fourcc": "MJPEG"}]
)
def test_senseless_wishes_are_refused(clock: VirtualClock, options: dict[str, object]) -> None:
    with pytest.raises(DriverOptionError, match=next(iter(options))):
        OpenCvCamera(clock, **options)  # type: ignore[arg-type]


def test_the_end_of_a_stream_is_a_lost_device() -> None:
    """OpenCV plays a file as fast as it can, so its end comes soon."""
    camera = OpenCvCamera(VirtualClock(), source=str(footage()))
    camera.start(0)
    with pytest.raises(DeviceLostError, match=r"stopped after 132 frames.*stream ended"):
        while True:
            camera.read(1000.0)
    camera.close()
