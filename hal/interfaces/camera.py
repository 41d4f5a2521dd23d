"""The camera: pictures with the instant at which each was captured."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from hal.interfaces.part import Part

if TYPE_CHECKING:
    # An agent, which sees no picture, starts without it.
    import numpy as np
    import numpy.typing as npt


class PixelFormat(StrEnum):
    """How `Frame.pixels` is laid out; all are 8 bit."""

    I420 = "i420"
    """Planar 4:2:0: shape (height * 3 // 2, width)."""

    BGR24 = "bgr24"
    """Interleaved blue, green, red: shape (height, width, 3)."""

    YUYV422 = "yuyv422"
    """Interleaved 4:2:2, each pair of pixels as Y U Y V: shape (height, width, 2)."""

    NV12 = "nv12"
    """4:2:0, the luma plane above lines of U and V by turns: shape (height * 3 // 2, width)."""

    MJPEG = "mjpeg"
    """One JPEG picture as the camera sent it: shape (bytes,)."""

    H264 = "h264"
    """One H.264 access unit in the form of annex B: shape (bytes,). Units come in the order in
    which they are shown; a unit that decoding can begin with holds SPS and PPS."""


class ColourMatrix(StrEnum):
    """How the I420 planes of a camera stand for colours; an encoder has to tag its stream so.

    Converting one into the other costs 10 ms a frame at 720p (PyAV 18 on x86-64), tagging
    costs nothing.
    """

    BT601 = "bt601"
    BT709 = "bt709"


class ColourRange(StrEnum):
    """Which numbers of a luma or chroma byte stand for colours (ITU-T H.273)."""

    LIMITED = "limited"
    """Luma 16 to 235, chroma 16 to 240, as video has it."""
    FULL = "full"
    """0 to 255."""


@dataclass(frozen=True, slots=True)
class CameraMode:
    """What a camera delivers. `rate_hz` is nominal: frames are timed by `capture_ns`.

    `matrix` has no meaning for BGR, of which OpenCV makes BT.601; JPEG is BT.601.
    """

    width_px: int
    height_px: int
    rate_hz: Fraction
    format: PixelFormat
    matrix: ColourMatrix = ColourMatrix.BT601


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture. The receiver owns `pixels` and may draw on it."""

    pixels: "npt.NDArray[np.uint8]"
    format: PixelFormat
    capture_ns: int
    """Monotonic time of capture, in the clock that the driver was given."""
    sequence: int
    """Rises by one a frame at the source: a hole is a frame that the source lost."""
    range: ColourRange = ColourRange.LIMITED
    """Has no meaning for BGR and for JPEG, which states its own."""


def frame_shape(format: PixelFormat, width_px: int, height_px: int) -> tuple[int, ...] | None:
    """The shape of `Frame.pixels`; None where it differs from frame to frame."""
    return {
        PixelFormat.I420: (height_px * 3 // 2, width_px),
        PixelFormat.NV12: (height_px * 3 // 2, width_px),
        PixelFormat.BGR24: (height_px, width_px, 3),
        PixelFormat.YUYV422: (height_px, width_px, 2),
        PixelFormat.MJPEG: None,
        PixelFormat.H264: None,
    }[format]


class Camera(Part, Protocol):
    """A source of frames; one reader thread at a time."""

    def start(self, epoch_ns: int) -> CameraMode:
        """Open the device and say what it delivers.

        `epoch_ns` (monotonic) is where generated and file sources put their time zero, so
        that a camera and a microphone started with the same epoch belong together; real
        devices ignore it.

        Raises `DeviceMissingError` when it can't be opened, `DeviceStartedError` the second
        time, `DeviceClosedError` after `close`.
        """

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame, or None when none came within `timeout_s`.

        Raises `DeviceLostError` when the device has gone, `DeviceClosedError` before
        `start` and after `close`.
        """


@runtime_checkable
class EncodedCamera(Camera, Protocol):
    """A source that delivers H.264 itself: frames of `PixelFormat.H264`.

    When units are missing, what follows can't be decoded up to the next key frame; all of it
    is delivered nevertheless, and the reader decides.
    """

    def request_key_frame(self) -> bool:
        """Ask for a key frame as soon as may be; False when this source can't be asked. Never
        blocks and never raises; any thread may call it."""
