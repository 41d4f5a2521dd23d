"""A webcam or a network camera through OpenCV.

Who should not use it: those who play a clip; it would run as fast as it decodes. The `file`
camera keeps its pace.
"""

import logging
import threading
from fractions import Fraction

import cv2

from hal.drivers.camera.buffer_time import BufferTime
from hal.drivers.camera.opencv_device import (
    Wish,
    agreed_mode,
    local_path,
    open_capture,
    request_mode,
)
from hal.drivers.camera.raw_buffers import Delivery, agree_delivery
from hal.drivers.camera.same_camera import CameraMemory
from hal.drivers.hand_over import HandOver
from hal.drivers.lifecycle import StartedDriver
from hal.drivers.options import require
from hal.errors import DeviceClosedError, DeviceLostError, DeviceMissingError
from hal.interfaces.camera import CameraMode, Frame
from hal.interfaces.clock import Clock

_log = logging.getLogger(__name__)

_ROOM_FRAMES = 8
"""A quarter of a second at 30 Hz for a slow reader: 22 MB at 720p."""
_BAD_IN_A_ROW = 30
"""Frames that can't be decoded, one after another, before the camera counts as lost."""
_JOIN_S = 2.0
_memory = CameraMemory()
"""For the whole process: a camera that was lost is searched for by a new driver object."""


class OpenCvCamera(StartedDriver):
    """The `opencv` camera: a V4L2 device's own buffers where `raw_buffers` knows them, else BGR24.

    A thread of its own grabs, because a dead V4L2 device holds a grab for 10 s. Frames that
    the reader is too slow for, or that can't be decoded, leave holes in `sequence`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        source: int | str = 0,
        width_px: int | None = None,
        height_px: int | None = None,
        rate_hz: Fraction | None = None,
        fourcc: str | None = None,
    ) -> None:
        """`source`: index, /dev/videoN or URL; the camera that was first opened by a number is
        found again under another one. The rest is asked of the camera, which may do
        otherwise: `start` says what it does. `fourcc` is its format on the wire. Raises
        `DriverOptionError`."""
        super().__init__(f"the opencv camera {source}")
        for option, value in (("width_px", width_px), ("height_px", height_px)):
            require(value is None or value > 0, option, value, "above 0")
        require(rate_hz is None or rate_hz > 0, "rate_hz", rate_hz, "above 0")
        require(fourcc is None or len(fourcc) == 4, "fourcc", fourcc, "four letters")
        self._source = source
        self._wish = Wish(width_px, height_px, rate_hz, fourcc)
        self._clock = clock
        self._frames: HandOver[Frame] = HandOver(clock, _ROOM_FRAMES)
        self._thread: threading.Thread | None = None
        self._refused = self._damaged = 0

    def start(self, epoch_ns: int) -> CameraMode:  # noqa: ARG002 - for other cameras
        """Open the device and begin to grab."""
        self.begin()
        self._source = _memory.find(self._source)
        capture = open_capture(self._source)
        request_mode(capture, self._wish)
        delivery = self._agree(capture)
        self._thread = threading.Thread(
            target=self._run, args=(capture, delivery), name="opencv camera", daemon=True
        )
        self._thread.start()
        return delivery.mode

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame. Raises `DeviceLostError` once the device stopped and all that it
        gave was read."""
        self.require_started()
        return self._frames.take(timeout_s)

    def close(self) -> None:
        """Stop grabbing; a grab that hangs gives the device back when it returns."""
        super().close()
        self._frames.close(DeviceClosedError(f"{self.title} was closed"))
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)
            if self._thread.is_alive():
                _log.warning("%s does not answer: it is given back when it does", self.title)

    def _agree(self, capture: cv2.VideoCapture) -> Delivery:
        """Raises `DeviceMissingError`; the device is given back then."""
        mode = agreed_mode(capture, self._wish)
        try:
            return agree_delivery(capture, local_path(self._source), mode)
        except DeviceMissingError:
            capture.release()
            raise

    def _run(self, capture: cv2.VideoCapture, delivery: Delivery) -> None:
        try:
            self._grab_all(capture, delivery)
        except cv2.error as error:
            self._frames.fail(DeviceLostError(f"{self.title} failed: {error}"))
        finally:
            capture.release()
            if self._refused:
                _log.warning("%s: the reader was too slow for %d frames", self.title, self._refused)
            if self._damaged:
                _log.warning("%s gave %d damaged frames", self.title, self._damaged)

    def _grab_all(self, capture: cv2.VideoCapture, delivery: Delivery) -> None:
        times = BufferTime(self.title)
        stamped = local_path(self._source) is not None
        bad, sequence = 0, 0
        while not self.closing.is_set() and bad < _BAD_IN_A_ROW:
            if not capture.grab():
                return self._frames.fail(DeviceLostError(self._why_lost(sequence)))
            grabbed_ns = self._clock.monotonic_ns()
            device_ms = capture.get(cv2.CAP_PROP_POS_MSEC) if stamped else None
            capture_ns = times.capture_ns(grabbed_ns, device_ms)
            bad = 0 if self._deliver(capture, delivery, capture_ns, sequence) else bad + 1
            sequence += 1
        if bad:
            self._frames.fail(DeviceLostError(f"{self.title} gives frames that can't be decoded"))
        return None

    def _deliver(
        self, capture: cv2.VideoCapture, delivery: Delivery, capture_ns: int, sequence: int
    ) -> bool:
        """Decode and hand over; False when it can't be decoded. Without room for it, it is
        not even decoded."""
        if self._frames.full:
            self._refuse()
            return True
        whole, picture = capture.retrieve()
        pixels = delivery.pixels_of(picture) if whole else None
        if pixels is None:
            self._count_damaged()
            return False
        kind, colours = delivery.mode.format, delivery.range
        taken = self._frames.put(Frame(pixels, kind, capture_ns, sequence, colours))
        if not taken and not self.closing.is_set():
            self._refuse()
        return True

    def _count_damaged(self) -> None:
        self._damaged += 1
        if self._damaged == 1:
            _log.warning("%s gives damaged frames, they are lost", self.title)

    def _refuse(self) -> None:
        self._refused += 1
        if self._refused == 1:
            _log.warning("%s: the reader is too slow, frames are lost", self.title)

    def _why_lost(self, frames: int) -> str:
        if frames == 0:
            return (
                f"{self.title} opened and gave no frame: another program may use it, or the USB"
                " port can't carry it; try another port, a smaller size, or fourcc MJPG"
            )
        return f"{self.title} stopped after {frames} frames: it was unplugged, or the stream ended"
