"""The ribbon-cable camera of a Raspberry Pi, encoded by picamera2: the `picamera2` camera.

Written after picamera2's own sources (`encoders/encoder.py`, `outputs/output.py`) and not run on
a Pi yet. picamera2 encodes with the chip on boards that have one, and with x264 elsewhere. It is
imported at the start, so that the options of this driver can be listed on any machine.
"""

import contextlib
import logging
from fractions import Fraction
from typing import Any

import numpy as np

from hal.drivers.camera.buffer_time import BufferTime
from hal.drivers.hand_over import HandOver
from hal.drivers.lifecycle import StartedDriver
from hal.drivers.options import require, require_positive
from hal.errors import DeviceClosedError, DeviceMissingError
from hal.interfaces.camera import CameraMode, ColourMatrix, Frame, PixelFormat
from hal.interfaces.clock import NS_PER_S, Clock

_log = logging.getLogger(__name__)

_ROOM_UNITS = 64
_US_PER_S, _US_PER_MS = 1_000_000, 1_000.0
_HD_HEIGHT_PX = 720
_LATEST_NS = 2 * NS_PER_S
"""The chip's queue holds 16 pictures."""


class PiCamera(StartedDriver):
    """One reader thread; picamera2's own thread delivers."""

    def __init__(
        self,
        clock: Clock,
        *,
        camera: int = 0,
        width_px: int = 1280,
        height_px: int = 720,
        rate_hz: Fraction = Fraction(30),
        bitrate_bps: int = 4_000_000,
        key_frame_interval_s: float = 1.0,
    ) -> None:
        """`camera`: the number of the connector. Even `width_px` and `height_px`. Raises
        `DriverOptionError`."""
        super().__init__(f"the picamera2 camera {camera}")
        rate_hz = Fraction(rate_hz)
        require(width_px > 0 and width_px % 2 == 0, "width_px", width_px, "even and above 0")
        require(height_px > 0 and height_px % 2 == 0, "height_px", height_px, "even and above 0")
        require(rate_hz > 0, "rate_hz", str(rate_hz), "above 0")
        require_positive("bitrate_bps", bitrate_bps)
        require_positive("key_frame_interval_s", key_frame_interval_s)
        self._number, self._clock = camera, clock
        # What libcamera does without a wish: sRGB primaries with BT.601 below 720 lines.
        matrix = ColourMatrix.BT709 if height_px >= _HD_HEIGHT_PX else ColourMatrix.BT601
        self._mode = CameraMode(width_px, height_px, rate_hz, PixelFormat.H264, matrix)
        self._bitrate_bps = bitrate_bps
        self._key_frames = max(1, round(rate_hz * Fraction(key_frame_interval_s)))
        self._frames: HandOver[Frame] = HandOver(clock, _ROOM_UNITS)
        self._camera: Any = None
        self._encoder: Any = None

    def start(self, epoch_ns: int) -> CameraMode:  # noqa: ARG002 - for other cameras
        """Open the camera and let it encode. Raises `DeviceMissingError`."""
        from picamera2 import Picamera2

        self.begin()
        try:
            self._camera = Picamera2(self._number)
            self._configure()
        except (RuntimeError, IndexError, OSError) as error:
            self._give_back()
            raise DeviceMissingError(
                f"{self.title} can't be opened: {error}. See that the cable sits, and that no"
                " other program uses it (`rpicam-hello --list-cameras`)"
            ) from error
        return self._mode

    def read(self, timeout_s: float) -> Frame | None:
        """The next access unit."""
        self.require_started()
        return self._frames.take(timeout_s)

    def request_key_frame(self) -> bool:
        """False for a picamera2 that is too old for it."""
        force = getattr(self._encoder, "force_key_frame", None)
        if force is None:
            return False
        force()
        return True

    def close(self) -> None:
        """Stop encoding and give the camera back."""
        super().close()
        self._frames.close(DeviceClosedError(f"{self.title} was closed"))
        self._give_back()

    def _configure(self) -> None:
        from picamera2.encoders import H264Encoder

        mode = self._mode
        frame_us = round(_US_PER_S / mode.rate_hz)
        # One duration for shortest and longest: the rate does not fall in the dark.
        self._camera.configure(
            self._camera.create_video_configuration(
                main={"size": (mode.width_px, mode.height_px), "format": "YUV420"},
                controls={"FrameDurationLimits": (frame_us, frame_us)},
            )
        )
        self._encoder = H264Encoder(
            bitrate=self._bitrate_bps,
            repeat=True,
            iperiod=self._key_frames,
            framerate=float(mode.rate_hz),
        )
        delivery = _Delivery(self._encoder, self._frames, self._clock, self.title, frame_us)
        self._camera.start_recording(self._encoder, _output_to(delivery))

    def _give_back(self) -> None:
        camera, self._camera = self._camera, None
        if camera is None:
            return
        # One that failed half way refuses to stop what it has not begun.
        with contextlib.suppress(RuntimeError):
            camera.stop_recording()
        camera.close()


class _Delivery:
    """Takes what picamera2's encoder puts out."""

    def __init__(
        self, encoder: Any, frames: HandOver[Frame], clock: Clock, title: str, frame_us: int
    ) -> None:
        self._encoder, self._frames, self._clock = encoder, frames, clock
        self._title, self._frame_us = title, frame_us
        self._times = BufferTime(title, _LATEST_NS)
        self._sequence = -1
        self._last_us: int | None = None
        self._refused = 0

    def take(self, unit: bytes, timestamp_us: int | None, *, is_running: bool) -> None:
        """`timestamp_us`: since the sensor's time of the first picture, which the encoder
        keeps. A sensor that is told one duration leaves a hole of whole ones."""
        now_ns = self._clock.monotonic_ns()
        device_ms = None
        self._sequence += 1
        if timestamp_us is not None:
            first_us = self._encoder.firsttimestamp or 0
            device_ms = (first_us + timestamp_us) / _US_PER_MS
            self._sequence += self._missing(timestamp_us)
        capture_ns = self._times.capture_ns(now_ns, device_ms)
        pixels = np.frombuffer(bytearray(unit), np.uint8)
        taken = self._frames.put(Frame(pixels, PixelFormat.H264, capture_ns, self._sequence))
        if not taken and is_running:
            self._refuse()

    def _missing(self, timestamp_us: int) -> int:
        last_us, self._last_us = self._last_us, timestamp_us
        if last_us is None:
            return 0
        return max(0, round((timestamp_us - last_us) / self._frame_us) - 1)

    def _refuse(self) -> None:
        self._refused += 1
        if self._refused == 1:
            _log.warning("%s: the reader is too slow, frames are lost", self._title)


def _output_to(delivery: _Delivery) -> Any:
    """picamera2 takes nothing but its own `Output`."""
    from picamera2.outputs import Output

    class PacketOutput(Output):  # type: ignore[misc]  # picamera2 has no types
        def outputframe(
            self,
            frame: bytes,
            keyframe: bool = True,  # noqa: ARG002 - the bits say it
            timestamp: int | None = None,
            packet: object = None,  # noqa: ARG002
            audio: bool = False,
        ) -> None:
            if not audio:
                delivery.take(frame, timestamp, is_running=self.recording)

    return PacketOutput()
