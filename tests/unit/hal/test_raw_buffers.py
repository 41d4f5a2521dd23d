"""The opencv camera that hands on the camera's own buffers; OpenCV's capture is stood in for."""

import contextlib
import logging
import struct
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from hal.drivers.camera import opencv, raw_buffers
from hal.drivers.camera.opencv import OpenCvCamera
from hal.drivers.camera.opencv_device import Wish, request_mode
from hal.drivers.camera.raw_buffers import agree_delivery, fourcc_of
from hal.drivers.camera.v4l2_format import V4l2Format, parse_format, read_format
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceLostError, DeviceMissingError
from hal.interfaces.camera import (
    CameraMode,
    ColourMatrix,
    ColourRange,
    Frame,
    PixelFormat,
    frame_shape,
)

WIDTH_PX, HEIGHT_PX = 8, 4
MODE = CameraMode(WIDTH_PX, HEIGHT_PX, Fraction(30), PixelFormat.BGR24)
BT601, BT709 = ColourMatrix.BT601, ColourMatrix.BT709
LIMITED, FULL = ColourRange.LIMITED, ColourRange.FULL
JPEG = np.array([[0xFF, 0xD8, 1, 2, 3]], np.uint8)
"""OpenCV gives a JPEG as a picture of one line."""
KINDS = {
    "YUYV": PixelFormat.YUYV422,
    "NV12": PixelFormat.NV12,
    "YU12": PixelFormat.I420,
    "MJPG": PixelFormat.MJPEG,
    "UYVY": PixelFormat.BGR24,
    "BGR3": PixelFormat.BGR24,
}


class RawCapture:
    """A camera that knows some formats, and gives what OpenCV would make of each."""

    def __init__(self, fourcc: str = "YUYV", known: tuple[str, ...] = tuple(KINDS)) -> None:
        self.fourcc, self.known = fourcc, known
        self.converts = True
        self.takes_raw = True
        self.pictures: list[np.ndarray] = []
        self.released = threading.Event()
        self.rates: dict[str, float] = {}

    def get(self, setting: int) -> float:
        return {
            cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*self.fourcc)),
            cv2.CAP_PROP_FRAME_WIDTH: float(WIDTH_PX),
            cv2.CAP_PROP_FRAME_HEIGHT: float(HEIGHT_PX),
            cv2.CAP_PROP_FPS: self.rates.get(self.fourcc, 30.0),
        }.get(setting, 0.0)

    def set(self, setting: int, value: float) -> bool:
        if setting == cv2.CAP_PROP_FOURCC:
            return self._choose(int(value).to_bytes(4, "little").decode())
        if setting == cv2.CAP_PROP_CONVERT_RGB:
            self.converts = not self.takes_raw
            return self.takes_raw
        return True

    def _choose(self, fourcc: str) -> bool:
        if fourcc in self.known:
            self.fourcc = fourcc
        return fourcc in self.known

    def grab(self) -> bool:
        return bool(self.pictures)

    def retrieve(self) -> tuple[bool, np.ndarray]:
        return True, self.pictures.pop(0)

    def release(self) -> None:
        self.released.set()


def told(
    monkeypatch: pytest.MonkeyPatch, answer: V4l2Format | None
) -> Callable[[RawCapture], raw_buffers.Delivery]:
    """The kernel's answer; agrees with a capture on a device."""
    monkeypatch.setattr(raw_buffers, "read_format", lambda _: answer)
    return lambda capture: agree_delivery(
        capture,  # type: ignore[arg-type]
        Path("/dev/video7"),
        MODE,
    )


@pytest.mark.parametrize(("fourcc", "kind"), KINDS.items())
def test_what_has_a_road_of_its_own_is_not_converted(
    fourcc: str, kind: PixelFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = RawCapture(fourcc)
    delivery = told(monkeypatch, None)(capture)
    assert delivery.mode.format is kind
    assert capture.converts is (kind is PixelFormat.BGR24)


def test_a_network_camera_is_left_to_opencv() -> None:
    capture = RawCapture("MJPG")
    assert agree_delivery(capture, None, MODE).mode == MODE  # type: ignore[arg-type]
    assert capture.converts


def test_a_camera_that_will_not_give_raw_buffers_gives_bgr(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capture = RawCapture()
    capture.takes_raw = False
    assert told(monkeypatch, None)(capture).mode.format is PixelFormat.BGR24


def test_odd_sizes_are_left_to_opencv() -> None:
    odd = CameraMode(7, 4, Fraction(30), PixelFormat.BGR24)
    capture = RawCapture()
    assert agree_delivery(capture, Path("/dev/video7"), odd).mode == odd  # type: ignore[arg-type]


def test_the_colours_are_those_that_the_kernel_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = told(monkeypatch, V4l2Format(16, BT709, FULL))(RawCapture("YUYV"))
    assert (delivery.mode.matrix, delivery.range) == (BT709, FULL)


def test_a_jpeg_is_bt601_whatever_the_kernel_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = told(monkeypatch, V4l2Format(0, BT709, LIMITED))(RawCapture("MJPG"))
    assert delivery.mode.matrix is BT601


@pytest.mark.parametrize(("fourcc", "line_bytes"), [("YUYV", 32), ("NV12", 16), ("YU12", 9)])
def test_padded_lines_are_refused_with_what_to_do(
    fourcc: str, line_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree = told(monkeypatch, V4l2Format(line_bytes, BT601, LIMITED))
    with pytest.raises(DeviceMissingError, match=r"/dev/video7 pads .*another width.*MJPG"):
        agree(RawCapture(fourcc))


def test_a_refused_camera_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = RawCapture("NV12")
    told(monkeypatch, V4l2Format(999, BT601, LIMITED))
    monkeypatch.setattr(opencv, "open_capture", lambda _: capture)
    with pytest.raises(DeviceMissingError):
        OpenCvCamera(VirtualClock()).start(0)
    assert capture.released.is_set()


def picture(fourcc: str) -> np.ndarray:
    """A right one, as OpenCV gives it."""
    shape = frame_shape(KINDS[fourcc], WIDTH_PX, HEIGHT_PX)
    return JPEG if shape is None else np.full(shape, 9, np.uint8)


def frames_of(
    capture: RawCapture, monkeypatch: pytest.MonkeyPatch, colours: ColourRange = LIMITED
) -> list[Frame]:
    """All that a camera over `capture` gives before it is lost."""
    monkeypatch.setattr(raw_buffers, "read_format", lambda _: V4l2Format(0, BT601, colours))
    monkeypatch.setattr(raw_buffers, "_require_tight", lambda *_: None)
    monkeypatch.setattr(opencv, "open_capture", lambda _: capture)
    camera = OpenCvCamera(VirtualClock())
    camera.start(0)
    assert capture.released.wait(10)
    seen = []
    with contextlib.suppress(DeviceLostError):
        while (frame := camera.read(0)) is not None:
            seen.append(frame)
    camera.close()
    return seen


@pytest.mark.parametrize("fourcc", ["YUYV", "NV12", "YU12", "MJPG"])
def test_frames_have_the_shape_that_the_interface_says(
    fourcc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = RawCapture(fourcc)
    capture.pictures = [picture(fourcc) for _ in range(4)]
    seen = frames_of(capture, monkeypatch, FULL)
    assert [frame.sequence for frame in seen] == [0, 1, 2, 3]
    wanted = frame_shape(KINDS[fourcc], WIDTH_PX, HEIGHT_PX) or (5,)
    assert {frame.pixels.shape for frame in seen} == {wanted}
    assert {frame.format for frame in seen} == {KINDS[fourcc]}
    assert {frame.range for frame in seen} == {LIMITED if fourcc == "MJPG" else FULL}


@pytest.mark.parametrize("fourcc", ["YUYV", "NV12", "YU12", "MJPG"])
def test_a_buffer_that_is_no_picture_is_a_hole_and_is_logged(
    fourcc: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    capture = RawCapture(fourcc)
    short = np.zeros((1, 3), np.uint8)
    capture.pictures = [picture(fourcc), short, np.zeros((1, 0), np.uint8), picture(fourcc)]
    with caplog.at_level(logging.WARNING):
        seen = [frame.sequence for frame in frames_of(capture, monkeypatch)]
    assert seen == [0, 3]
    assert "gives damaged frames" in caplog.text and "gave 2 damaged frames" in caplog.text


WISH = Wish(None, None, Fraction(30), None)


@pytest.mark.parametrize(
    ("begins", "known", "chosen"),
    [
        ("BGR3", ("BGR3", "YUYV"), "YUYV"),
        ("BGR3", ("BGR3", "YUYV", "NV12"), "NV12"),
        ("UYVY", ("UYVY",), "UYVY"),
        ("YUYV", ("YUYV", "NV12"), "YUYV"),
    ],
)
def test_a_short_road_is_asked_for_where_opencv_chose_a_long_one(
    begins: str, known: tuple[str, ...], chosen: str
) -> None:
    capture = RawCapture(begins, known)
    request_mode(capture, WISH)  # type: ignore[arg-type]
    assert fourcc_of(capture) == chosen  # type: ignore[arg-type]


def test_a_format_that_was_asked_for_stays() -> None:
    capture = RawCapture("BGR3")
    request_mode(capture, Wish(None, None, None, "UYVY"))  # type: ignore[arg-type]
    assert fourcc_of(capture) == "UYVY"  # type: ignore[arg-type]


def test_jpeg_is_asked_for_where_the_rate_can_not_be_had_otherwise() -> None:
    capture = RawCapture("YUYV")
    capture.rates = {"YUYV": 10.0}
    request_mode(capture, WISH)  # type: ignore[arg-type]
    assert fourcc_of(capture) == "MJPG"  # type: ignore[arg-type]


def v4l2(line_bytes: int, colorspace: int, encoding: int, quantization: int) -> bytes:
    """A `struct v4l2_format` as a 64-bit kernel fills it, field by field."""
    pix = [640, 480, 0x56595559, 1, line_bytes, line_bytes * 480, colorspace, 0xFEEDCAFE, 0]
    words = [*pix, encoding, quantization, 0]
    head = struct.pack("@IxxxxI" if struct.calcsize("P") == 8 else "@II", 1, words[0])
    body = head + struct.pack(f"={len(words) - 1}I", *words[1:])
    return body.ljust(208 if struct.calcsize("P") == 8 else 204, b"\0")


@pytest.mark.parametrize(
    ("colorspace", "encoding", "quantization", "matrix", "colours"),
    [
        (8, 0, 0, BT601, LIMITED),  # sRGB, as most webcams tell
        (1, 0, 0, BT601, LIMITED),
        (3, 0, 0, BT709, LIMITED),
        (7, 0, 0, BT601, FULL),  # "JPEG", also of cameras that give YUYV
        (8, 2, 0, BT709, LIMITED),
        (3, 1, 0, BT601, LIMITED),
        (8, 0, 1, BT601, FULL),
        (7, 0, 2, BT601, LIMITED),
    ],
)
def test_the_kernels_defaults_are_resolved(
    colorspace: int,
    encoding: int,
    quantization: int,
    matrix: ColourMatrix,
    colours: ColourRange,
) -> None:
    answer = parse_format(v4l2(1280, colorspace, encoding, quantization))
    assert answer == V4l2Format(1280, matrix, colours)


def test_what_is_no_capture_device_tells_nothing(tmp_path: Path) -> None:
    plain = tmp_path / "file"
    plain.touch()
    assert read_format(plain) is None
    assert read_format(tmp_path / "none") is None
