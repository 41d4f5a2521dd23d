"""One picture in each format that a camera may deliver, and what has to come of it.

The reference is made apart from the roads, in floating point, after ITU-R BT.601.
"""

from fractions import Fraction

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext

Plane = npt.NDArray[np.uint8]


def smooth_planes(width_px: int, height_px: int, seed: int = 1) -> tuple[Plane, Plane, Plane]:
    """Y, Cb, Cr of full size (4:4:4) in the limited range: soft hills, no two lines alike."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(30, 220, (height_px // 16 + 2, width_px // 16 + 2, 3), dtype=np.uint8)
    hills = cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    y, u, v = (np.ascontiguousarray(np.clip(hills[..., n], 16, 235)) for n in range(3))
    return y, u, v


def yuyv_of(y: Plane, u: Plane, v: Plane) -> Plane:
    """Shape (height, width, 2); chroma of the left pixel of each pair."""
    packed = np.empty((*y.shape, 2), np.uint8)
    packed[..., 0] = y
    packed[:, 0::2, 1], packed[:, 1::2, 1] = u[:, 0::2], v[:, 0::2]
    return packed


def nv12_of(y: Plane, u: Plane, v: Plane) -> Plane:
    """Shape (height * 3 // 2, width); chroma of the upper left pixel of each four."""
    height_px, width_px = y.shape
    pairs = np.stack([u[0::2, 0::2], v[0::2, 0::2]], axis=-1)
    return np.concatenate([y, pairs.reshape(height_px // 2, width_px)])


def i420_of(y: Plane, u: npt.NDArray[np.generic], v: npt.NDArray[np.generic]) -> Plane:
    """Shape (height * 3 // 2, width), of chroma planes of a quarter's size."""
    height_px, width_px = y.shape
    chroma = np.concatenate([np.rint(u).ravel(), np.rint(v).ravel()]).astype(np.uint8)
    return np.concatenate([y, chroma.reshape(height_px // 2, width_px)])


def line_means(plane: Plane) -> npt.NDArray[np.float64]:
    """The left pixel of each pair, the mean of each two lines."""
    left = plane[:, 0::2].astype(float)
    return (left[0::2] + left[1::2]) / 2


def limited(picture: Plane, height_px: int) -> Plane:
    """I420 of the full range as the limited one has it."""
    exact = picture.astype(float)
    exact[:height_px] = 16 + exact[:height_px] * 219 / 255
    exact[height_px:] = 128 + (exact[height_px:] - 128) * 224 / 255
    return np.rint(exact).astype(np.uint8)


def jpeg_of(picture: Plane, height_px: int, format: str = "yuvj420p") -> Plane:
    """A JPEG of high quality whose planes are those of `picture`, I420 of the full range."""
    width_px = picture.shape[1]
    encoder = CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width_px, height_px, format
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"qmin": "1", "qmax": "1", "strict": "unofficial"}
    frame = av.VideoFrame.from_ndarray(picture, "yuvj420p")
    if format != "yuvj420p":
        frame = frame.reformat(format=format, src_color_range=2, dst_color_range=2)
    frame.pts = 0
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return np.frombuffer(bytes(packets[0]), np.uint8)


def furthest(one: Plane, other: Plane) -> int:
    """The largest difference of two bytes."""
    return int(np.abs(one.astype(int) - other.astype(int)).max())
