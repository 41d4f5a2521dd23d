"""picamera2 as its sources say that it behaves, with x264 in place of a sensor and a chip.

Stands in for the library, which installs on a Raspberry Pi alone: `encoders/encoder.py`,
`encoders/libav_h264_encoder.py`, `outputs/output.py` and `picamera2.py` of picamera2.
"""

import sys
import threading
import time
import types
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, ClassVar

import av
import numpy as np
import pytest
from av.codec.context import CodecContext

CAMERAS = 1


class Output:
    """`outputs.Output`."""

    def __init__(self, pts: object = None) -> None:
        self.recording = False
        self.ptsoutput = pts

    def start(self) -> None:
        self.recording = True

    def stop(self) -> None:
        self.recording = False

    def outputframe(
        self,
        frame: bytes,
        keyframe: bool = True,
        timestamp: int | None = None,
        packet: object = None,
        audio: bool = False,
    ) -> None:
        """For those who derive from it."""


class H264Encoder:
    """`encoders.H264Encoder` where there is no chip: x264, SPS and PPS repeated."""

    made: ClassVar["list[H264Encoder]"] = []

    def __init__(
        self,
        bitrate: int | None = None,
        repeat: bool = True,
        iperiod: int | None = 30,
        framerate: float | None = 30,
    ) -> None:
        self.bitrate, self.repeat, self.iperiod, self.framerate = (
            bitrate,
            repeat,
            iperiod,
            framerate,
        )
        self.firsttimestamp: int | None = None
        self.running = False
        self.size = (0, 0)
        self._output: list[Output] = []
        self._key_frames_requested = 0
        self.made.append(self)

    @property
    def output(self) -> Any:
        return self._output[0] if len(self._output) == 1 else self._output

    @output.setter
    def output(self, value: object) -> None:
        if not isinstance(value, Output):
            raise RuntimeError("Must pass Output")
        self._output = [value]

    def start(self) -> None:
        if self.running:
            raise RuntimeError("Encoder already running")
        assert self.repeat, "without repeated headers only the first key frame has them"
        self.context = CodecContext.create("libx264", "w")
        self.context.width, self.context.height = self.size
        self.context.pix_fmt, self.context.time_base = "yuv420p", Fraction(1, 1_000_000)
        self.context.gop_size, self.context.bit_rate = self.iperiod or 1 << 30, self.bitrate
        self.context.options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1"}
        self.running, self.firsttimestamp = True, None
        for output in self._output:
            output.start()

    def stop(self) -> None:
        if not self.running:
            raise RuntimeError("Encoder already stopped")
        self.running = False
        for output in self._output:
            output.stop()

    def encode(self, sensor_us: int, number: int) -> None:
        """As `_encode` and `_timestamp` do with a request of the camera."""
        if self.firsttimestamp is None:
            self.firsttimestamp = sensor_us
        picture = np.full((self.size[1] * 3 // 2, self.size[0]), 128, np.uint8)
        picture[: self.size[1]] = 16 + number % 200
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts = sensor_us - self.firsttimestamp
        if self._key_frames_requested:
            self._key_frames_requested = 0
            frame.pict_type = 1
        for packet in self.context.encode(frame):
            for output in self._output:
                output.outputframe(bytes(packet), packet.is_keyframe, packet.pts, packet, False)

    def force_key_frame(self) -> None:
        self._key_frames_requested += 1


class Picamera2:
    """The camera; a thread gives a picture each frame duration."""

    opened: ClassVar[set[int]] = set()
    made: ClassVar["list[Picamera2]"] = []

    def __init__(self, camera_num: int = 0) -> None:
        if camera_num >= CAMERAS:
            raise IndexError("list index out of range")
        if camera_num in self.opened:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.opened.add(camera_num)
        self.number = camera_num
        self.camera_config: dict[str, Any] | None = None
        self.encoder: H264Encoder | None = None
        self.drop = 0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.made.append(self)

    def create_video_configuration(
        self, main: dict[str, Any], controls: dict[str, Any]
    ) -> dict[str, Any]:
        return {"main": main, "controls": controls}

    def configure(self, config: dict[str, Any]) -> None:
        if self._thread is not None:
            raise RuntimeError("Camera must be stopped before configuring")
        self.camera_config = config

    def start_recording(self, encoder: H264Encoder, output: Output) -> None:
        assert self.camera_config is not None
        encoder.output = output
        encoder.size = self.camera_config["main"]["size"]
        assert self.camera_config["main"]["format"] == "YUV420"
        encoder.start()
        self.encoder = encoder
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop_recording(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        if self.encoder is not None:
            self.encoder.stop()

    def close(self) -> None:
        self._ended.set()
        self.opened.discard(self.number)

    def _run(self) -> None:
        assert self.camera_config is not None and self.encoder is not None
        shortest_us, longest_us = self.camera_config["controls"]["FrameDurationLimits"]
        assert shortest_us == longest_us
        first_us, number = time.monotonic_ns() // 1000, 0
        while not self._ended.wait(shortest_us / 1e6):
            number += 1 + self.drop
            self.drop = 0
            due_us = first_us + number * shortest_us
            if due_us <= time.monotonic_ns() // 1000:
                self.encoder.encode(due_us, number)


@pytest.fixture(autouse=True)
def fake_picamera2(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """picamera2 is there."""
    package = types.ModuleType("picamera2")
    package.Picamera2 = Picamera2  # type: ignore[attr-defined]
    encoders = types.ModuleType("picamera2.encoders")
    encoders.H264Encoder = H264Encoder  # type: ignore[attr-defined]
    outputs = types.ModuleType("picamera2.outputs")
    outputs.Output = Output  # type: ignore[attr-defined]
    for module in (package, encoders, outputs):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    Picamera2.opened.clear()
    Picamera2.made.clear()
    H264Encoder.made.clear()
    yield
