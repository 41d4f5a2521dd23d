"""The shortest road to I420 from each format that a camera may deliver.

Who uses it: `picture.py`, which chooses one for a frame. None goes by BGR, which only BGR
itself needs: over BGR, YUYV would be converted three times. A road returns an array of its own,
or the frame's, changed in place; limited range, matrix as it was. It raises `DamagedFrameError`
for a buffer that holds no picture of the wanted size.
"""

from collections.abc import Callable
from typing import cast

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import CodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter

from bwv_device.media.errors import DamagedFrameError
from hal.interfaces.camera import PixelFormat

Plane = npt.NDArray[np.uint8]
Road = Callable[[Plane], Plane]

_LIMITED, _FULL = 1, 2
"""FFmpeg's numbers for the colour range, those of ITU-T H.273."""
_LUMA_SHARE, _LUMA_SHIFT = 219 / 255, 16.0
_CHROMA_SHARE, _CHROMA_SHIFT = 224 / 255, 128 - 128 * 224 / 255
"""From the full range to the limited one (ITU-R BT.601): value * share + shift."""


def make_roads(width_px: int, height_px: int) -> dict[PixelFormat, Road]:
    """A road for each format, for pictures of one size, both even; one thread uses them."""
    return {
        PixelFormat.I420: np.ascontiguousarray,
        PixelFormat.BGR24: _from_bgr,
        PixelFormat.NV12: _from_nv12,
        PixelFormat.YUYV422: _YuyvRoad(width_px, height_px),
        PixelFormat.MJPEG: _JpegRoad(width_px, height_px),
    }


def limit_range(picture: Plane, height_px: int) -> Plane:
    """I420 of the full range, brought to the limited one in place."""
    luma, chroma = picture[:height_px], picture[height_px:]
    cv2.convertScaleAbs(luma, luma, _LUMA_SHARE, _LUMA_SHIFT)
    cv2.convertScaleAbs(chroma, chroma, _CHROMA_SHARE, _CHROMA_SHIFT)
    return picture


def _from_bgr(pixels: Plane) -> Plane:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420), np.uint8)


def _from_nv12(pixels: Plane) -> Plane:
    """Only the chroma is taken apart; the luma stays where it is."""
    picture = np.require(pixels, requirements=["C", "W"])
    height_px, width_px = picture.shape[0] * 2 // 3, picture.shape[1]
    pairs = picture[height_px:].reshape(height_px // 2, width_px // 2, 2)
    # Both are copies, so that the place of the pairs is free.
    u, v = cv2.split(pairs)
    planes = picture[height_px:].reshape(2, height_px // 2, width_px // 2)
    planes[0], planes[1] = u, v
    return picture


class _YuyvRoad:
    """YUYV through swscale, which takes the mean of each two lines of chroma."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._source = VideoFrame(width_px, height_px, "yuyv422")
        self._reformatter = VideoReformatter()

    def __call__(self, pixels: Plane) -> Plane:
        source = self._source
        # Line by line where FFmpeg pads its lines, at once where it does not.
        _lines(source.planes[0], 2)[:] = pixels.reshape(source.height, 2 * source.width)
        made = self._reformatter.reformat(source, format="yuv420p", threads=1)
        picture, planes = _new_picture(source.width, source.height)
        for target, plane in zip(planes, made.planes, strict=True):
            target[:] = _lines(plane)
        return picture


class _JpegRoad:
    """JPEG, decoded to the planes that it holds. An error in the bits is an error here: FFmpeg
    would fill a torn picture up with grey, and what it shows then was never seen."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._size = (width_px, height_px)
        self._reformatter = VideoReformatter()
        self._decoder = _open_decoder()

    def __call__(self, pixels: Plane) -> Plane:
        frame = self._decode(pixels)
        if (frame.width, frame.height) != self._size:
            came, wanted = f"{frame.width}x{frame.height}", "{}x{}".format(*self._size)
            raise DamagedFrameError(f"a JPEG of {came} instead of {wanted}")
        if frame.format.name not in ("yuvj420p", "yuvj422p", "yuv420p", "yuv422p"):
            frame = self._reformatter.reformat(
                frame, format="yuv420p", dst_color_range=_LIMITED, threads=1
            )
        return _gathered(frame)

    def _decode(self, pixels: Plane) -> VideoFrame:
        if pixels.size == 0:
            # FFmpeg would take it for the end of everything.
            raise DamagedFrameError("a JPEG of no bytes")
        try:
            (frame,) = self._decoder.decode(av.Packet(pixels.tobytes()))
        except (FFmpegError, ValueError) as error:
            # What the decoder remembers of this one is of no use to the next.
            self._decoder = _open_decoder()
            raise DamagedFrameError(f"a JPEG that can't be decoded ({error})") from error
        return frame


def _open_decoder() -> VideoCodecContext:
    context = CodecContext.create("mjpeg", "r")
    assert isinstance(context, VideoCodecContext)
    context.options = {"err_detect": "explode"}
    # Threads would keep pictures back.
    context.thread_count = 1
    return context


def _gathered(frame: VideoFrame) -> Plane:
    """The planes of a decoded JPEG as I420 of limited range; of 4:2:2 the mean of each two
    lines of chroma. Range and mean take one pass."""
    is_full = frame.color_range == _FULL
    luma_share, luma_shift = (_LUMA_SHARE, _LUMA_SHIFT) if is_full else (1.0, 0.0)
    share, shift = (_CHROMA_SHARE, _CHROMA_SHIFT) if is_full else (1.0, 0.0)
    picture, planes = _new_picture(frame.width, frame.height)
    luma, *chroma = (_lines(plane) for plane in frame.planes)
    cv2.convertScaleAbs(luma, planes[0], luma_share, luma_shift)
    for source, target in zip(chroma, planes[1:], strict=True):
        if source.shape[0] == target.shape[0]:
            cv2.convertScaleAbs(source, target, share, shift)
        else:
            cv2.addWeighted(source[0::2], share / 2, source[1::2], share / 2, shift, target)
    return picture


def _new_picture(width_px: int, height_px: int) -> tuple[Plane, tuple[Plane, Plane, Plane]]:
    """An I420 array, and its three planes as views."""
    picture = np.empty((height_px * 3 // 2, width_px), np.uint8)
    u, v = picture[height_px:].reshape(2, height_px // 2, width_px // 2)
    return picture, (picture[:height_px], u, v)


def _lines(plane: VideoPlane, bytes_a_pixel: int = 1) -> Plane:
    """The plane without its padding, not copied: shape (height, width * bytes_a_pixel)."""
    padded = np.frombuffer(cast("memoryview[int]", plane), np.uint8)
    lines = padded[: plane.line_size * plane.height].reshape(plane.height, plane.line_size)
    return lines[:, : plane.width * bytes_a_pixel]
