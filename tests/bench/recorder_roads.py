"""CPU of each road from a camera's format to I420 against the way over BGR, on the same frames.

Used by the benchmark of the recorder. The way over BGR is OpenCV's, which a camera took that
let OpenCV convert: decoded or converted to BGR, and from there to I420. Both run on one thread,
one frame of one right behind the same frame of the other.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext

from bwv_device.media.roads import Road, make_roads
from hal.interfaces.camera import PixelFormat
from tests.bench.recorder_footage import SIZES, Size, memory_folder, write_pictures
from tests.bench.report import Row, at_most

Plane = npt.NDArray[np.uint8]

_DISTINCT, _ROUNDS = 8, 15
_JPEG_OPTIONS = {"qmin": "3", "qmax": "3"}
"""A webcam's quality, or a little better: one bit and a fifth a pixel of the footage."""


@dataclass(frozen=True)
class Case:
    """A format, with the frames as a camera would send them, and the way over BGR."""

    name: str
    format: PixelFormat
    frames: list[Plane]
    to_bgr: Callable[[Plane], Plane]


@dataclass(frozen=True)
class Cost:
    """CPU time of this thread for each frame, in seconds, of the road and of the other way."""

    road_s: list[float]
    over_bgr_s: list[float]

    @property
    def ratio(self) -> float:
        """The median over the frames, each compared with itself."""
        return statistics.median(
            road / other for road, other in zip(self.road_s, self.over_bgr_s, strict=True)
        )


def roads_rows() -> list[Row]:
    """For each size and format the ratio, which has a limit, and milliseconds a frame."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return [row for size in SIZES for case in _cases(size) for row in _rows(size, case)]
    finally:
        cv2.setNumThreads(threads)


def _rows(size: Size, case: Case) -> list[Row]:
    cost = _measure(make_roads(size.width_px, size.height_px)[case.format], case)
    what = f"{size.name}: CPU from {case.name} to I420"
    return [
        at_most(f"{what}, own road / over BGR", cost.ratio, "", 1.0, 1.0),
        Row(
            f"{what}, a frame",
            1e3 * statistics.median(cost.road_s),
            "ms",
            None,
            1e3 * statistics.median(cost.over_bgr_s),
        ),
    ]


def _measure(road: Road, case: Case) -> Cost:
    cost = Cost([], [])
    for number in range(_ROUNDS):
        for frame in case.frames:
            # A road may change the frame that it is given.
            mine, theirs = frame.copy(), frame.copy()
            road_s = _cpu_s(lambda mine=mine: road(mine))
            over_bgr_s = _cpu_s(lambda theirs=theirs: _over_bgr(case, theirs))
            if number:  # the first round opens what is opened once
                cost.road_s.append(road_s)
                cost.over_bgr_s.append(over_bgr_s)
    return cost


def _over_bgr(case: Case, frame: Plane) -> Plane:
    return np.asarray(cv2.cvtColor(case.to_bgr(frame), cv2.COLOR_BGR2YUV_I420), np.uint8)


def _cpu_s(work: Callable[[], object]) -> float:
    begin_ns = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - begin_ns) / 1e9


def _cases(size: Size) -> list[Case]:
    pictures = _pictures(size)
    yuyv = [_converted(each, size, "yuyv422") for each in pictures]
    nv12 = [_converted(each, size, "nv12") for each in pictures]
    return [
        Case("YUYV", PixelFormat.YUYV422, yuyv, _by(cv2.COLOR_YUV2BGR_YUYV)),
        Case("NV12", PixelFormat.NV12, nv12, _by(cv2.COLOR_YUV2BGR_NV12)),
        Case("MJPEG 4:2:0", PixelFormat.MJPEG, _jpegs(pictures, size, "yuvj420p"), _decoded),
        Case("MJPEG 4:2:2", PixelFormat.MJPEG, _jpegs(pictures, size, "yuvj422p"), _decoded),
    ]


def _pictures(size: Size) -> list[Plane]:
    with memory_folder() as folder:
        path: Path = write_pictures(size, folder)
        shape = (-1, size.height_px * 3 // 2, size.width_px)
        frames = np.memmap(path, np.uint8, "r").reshape(shape)
        return [
            np.array(frames[number])
            for number in np.linspace(0, len(frames) - 1, _DISTINCT).astype(int)
        ]


def _converted(picture: Plane, size: Size, format: str) -> Plane:
    made = av.VideoFrame.from_ndarray(picture, "yuv420p").reformat(format=format)
    shape = (-1, size.width_px, 2) if format == "yuyv422" else (-1, size.width_px)
    lines = [np.frombuffer(plane, np.uint8) for plane in made.planes]
    return np.concatenate(lines).reshape(shape)


def _by(code: int) -> Callable[[Plane], Plane]:
    return lambda frame: np.asarray(cv2.cvtColor(frame, code), np.uint8)


def _decoded(frame: Plane) -> Plane:
    return np.asarray(cv2.imdecode(frame, cv2.IMREAD_COLOR), np.uint8)


def _jpegs(pictures: list[Plane], size: Size, format: str) -> list[Plane]:
    return [_jpeg(picture, size, format) for picture in pictures]


def _jpeg(picture: Plane, size: Size, format: str) -> Plane:
    encoder = CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = size.width_px, size.height_px, format
    encoder.time_base, encoder.options = Fraction(1, 30), _JPEG_OPTIONS
    frame = av.VideoFrame.from_ndarray(picture, "yuv420p").reformat(
        format=format, dst_color_range=2
    )
    frame.pts = 0
    (packet,) = [*encoder.encode(frame), *encoder.encode(None)]
    return np.frombuffer(bytes(packet), np.uint8)
