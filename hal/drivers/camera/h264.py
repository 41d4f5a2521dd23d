"""A camera that delivers H.264 itself: a V4L2 device (UVC H.264), a stream by URL, or a file.

Its pictures are never decoded here. What is read, and when, is in `h264_live` and `h264_file`.
"""

from fractions import Fraction
from pathlib import Path
from typing import Protocol

from hal.drivers.camera.h264_file import FileSource
from hal.drivers.camera.h264_live import LiveSource
from hal.drivers.camera.opencv_device import Wish, local_path
from hal.drivers.camera.same_camera import CameraMemory
from hal.drivers.lifecycle import StartedDriver
from hal.drivers.options import require, require_positive
from hal.drivers.pacing import DEFAULT_BACKLOG_S
from hal.errors import DeviceMissingError
from hal.interfaces.camera import CameraMode, Frame
from hal.interfaces.clock import Clock

_memory = CameraMemory()
"""For the whole process: a camera that was lost is searched for by a new driver object."""


class _Source(Protocol):
    def read(self, timeout_s: float) -> Frame | None: ...
    def request_key_frame(self) -> bool: ...
    def close(self) -> None: ...


class H264Camera(StartedDriver):
    """The `h264` camera. One reader thread; `close` may come from another."""

    def __init__(
        self,
        clock: Clock,
        *,
        source: int | str = 0,
        width_px: int | None = None,
        height_px: int | None = None,
        rate_hz: Fraction | None = None,
        backlog_s: float = DEFAULT_BACKLOG_S,
    ) -> None:
        """`source`: index, /dev/videoN, URL, or the path of a file, which is played at its own
        pace over and over. Size and rate are asked of a device alone; a reader of a file that
        is later than `backlog_s` misses pictures. Raises `DriverOptionError`."""
        super().__init__(f"the h264 camera {source}")
        for option, value in (("width_px", width_px), ("height_px", height_px)):
            require(value is None or value > 0, option, value, "above 0")
        require(rate_hz is None or rate_hz > 0, "rate_hz", rate_hz, "above 0")
        require_positive("backlog_s", backlog_s)
        self._clock, self._source, self._backlog_s = clock, source, backlog_s
        self._wish = Wish(width_px, height_px, rate_hz, None)
        self._opened: _Source | None = None

    def start(self, epoch_ns: int) -> CameraMode:
        """Open the source. Raises `DeviceMissingError` when it is not there or no H.264."""
        self.begin()
        self._source = _memory.find(self._source)
        device, address = local_path(self._source), str(self._source)
        if device is None and "://" not in address:
            file = FileSource(self._clock, self.title, Path(address), self.closing, self._backlog_s)
            self._opened = file
            return file.start(epoch_ns)
        if device is not None and not device.exists():
            raise DeviceMissingError(
                f"there is no camera {device}: plug it in, or see `bwv devices`"
            )
        where = str(device) if device is not None else address
        live = LiveSource(self._clock, self.title, where, device, self._wish)
        self._opened = live
        return live.start()

    def read(self, timeout_s: float) -> Frame | None:
        """The next access unit. Raises `DeviceLostError` once the source has gone."""
        self.require_started()
        assert self._opened is not None, "set by start"
        frame = self._opened.read(timeout_s)
        self.require_open()
        return frame

    def request_key_frame(self) -> bool:
        """Whether the source could be asked for a key frame."""
        return self._opened is not None and self._opened.request_key_frame()

    def close(self) -> None:
        """Let the source go."""
        super().close()
        if self._opened is not None:
            self._opened.close()
