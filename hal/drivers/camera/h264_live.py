"""A device or a network camera that sends H.264, read in a thread of its own; used by `h264`."""

from __future__ import annotations

import logging
import threading
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from hal.drivers.camera.arrival_time import ArrivalTime
from hal.drivers.camera.buffer_time import BufferTime
from hal.drivers.camera.h264_frame import h264_frame, stream_mode
from hal.drivers.camera.h264_units import UnitMaker
from hal.drivers.camera.opencv_device import Wish
from hal.drivers.camera.v4l2_control import force_key_frame
from hal.drivers.clip_file import picture_stream
from hal.drivers.hand_over import HandOver
from hal.errors import DeviceClosedError, DeviceLostError, DeviceMissingError
from hal.interfaces.camera import CameraMode, Frame
from hal.interfaces.clock import NS_PER_S, Clock

_log = logging.getLogger(__name__)

_ROOM_UNITS = 64
"""Two seconds at 30 Hz for a slow reader: about a megabyte."""
_OPEN_S, _READ_S, _JOIN_S = 10.0, 5.0, 2.0
_OLDEST_NS = 10 * NS_PER_S
"""While FFmpeg looks what a source sends, what it has looked at waits."""


class LiveSource:
    """From `start` to `close`; one reader."""

    def __init__(self, clock: Clock, title: str, address: str, device: Path | None, wish: Wish):
        self._clock, self._title, self._address = clock, title, address
        self._device, self._wish = device, wish
        self._closing = threading.Event()
        self._frames: HandOver[Frame] = HandOver(clock, _ROOM_UNITS)
        self._thread: threading.Thread | None = None
        self._refused = 0

    def start(self) -> CameraMode:
        """Raises `DeviceMissingError`."""
        container = self._open()
        try:
            stream = picture_stream(container)
            if stream is None:
                raise DeviceMissingError(f"{self._title} sends no pictures")
            maker = UnitMaker(stream, self._title)
            mode = stream_mode(stream, self._title, self._wish.rate_hz)
        except DeviceMissingError:
            container.close()
            raise
        self._thread = threading.Thread(
            target=self._run, args=(container, stream, maker), name="h264 camera", daemon=True
        )
        self._thread.start()
        return mode

    def read(self, timeout_s: float) -> Frame | None:
        """Raises `DeviceLostError` once the source ended and all that it gave was read."""
        return self._frames.take(timeout_s)

    def request_key_frame(self) -> bool:
        """Only V4L2 devices have a way to be asked."""
        return self._device is not None and force_key_frame(self._device)

    def close(self) -> None:
        """A read that hangs in the driver gives the device back when it returns."""
        self._closing.set()
        self._frames.close(DeviceClosedError(f"{self._title} was closed"))
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)
            if self._thread.is_alive():
                _log.warning("%s does not answer: it is given back when it does", self._title)

    def _open(self) -> InputContainer:
        try:
            if self._device is None:
                network = {"rtsp_transport": "tcp"} if self._address.startswith("rtsp") else {}
                return av.open(self._address, options=network, timeout=(_OPEN_S, _READ_S))
            return av.open(self._address, format="v4l2", options=self._device_options())
        except (FFmpegError, OSError) as error:
            raise DeviceMissingError(
                f"{self._title} can't be opened for H.264: {error}. See with `bwv devices` what"
                " it delivers, and that no other program holds it"
            ) from error

    def _device_options(self) -> dict[str, str]:
        wish, options = self._wish, {"input_format": "h264"}
        if wish.width_px is not None and wish.height_px is not None:
            options["video_size"] = f"{wish.width_px}x{wish.height_px}"
        if wish.rate_hz is not None:
            options["framerate"] = str(wish.rate_hz)
        return options

    def _run(self, container: InputContainer, stream: VideoStream, maker: UnitMaker) -> None:
        count = 0
        try:
            count = self._pass_on(container, stream, maker)
            self._frames.fail(DeviceLostError(f"{self._title} ended after {count} pictures"))
        except FFmpegError as error:
            self._frames.fail(DeviceLostError(f"{self._title} stopped: {error}"))
        finally:
            container.close()
            if self._refused:
                _log.warning(
                    "%s: the reader was too slow for %d frames", self._title, self._refused
                )

    def _pass_on(self, container: InputContainer, stream: VideoStream, maker: UnitMaker) -> int:
        """The pictures that came. A packet that holds none is a hole."""
        stamps = BufferTime(self._title, _OLDEST_NS)
        arrivals = ArrivalTime()
        time_base = stream.time_base or Fraction(1)
        sequence = 0
        for packet in container.demux(stream):
            if self._closing.is_set():
                break
            now_ns = self._clock.monotonic_ns()
            own_ns = _own_ns(packet.pts, time_base)
            is_empty = not packet.size
            units = list(maker.units(packet))
            for unit in units:
                if self._device is None:
                    capture_ns = arrivals.capture_ns(now_ns, own_ns)
                else:
                    own_ms = None if own_ns is None else own_ns / 1e6
                    capture_ns = stamps.capture_ns(now_ns, own_ms)
                self._put(h264_frame(unit, capture_ns, sequence))
                sequence += 1
            if not units and not is_empty:
                sequence += 1
        return sequence

    def _put(self, frame: Frame) -> None:
        if not self._frames.put(frame) and not self._closing.is_set():
            self._refused += 1
            if self._refused == 1:
                _log.warning("%s: the reader is too slow, frames are lost", self._title)


def _own_ns(pts: int | None, time_base: Fraction) -> int | None:
    return None if pts is None else int(pts * time_base * NS_PER_S)
