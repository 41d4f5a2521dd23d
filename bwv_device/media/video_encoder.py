"""Encodes pictures once: I420 in, H.264 packets out, a key frame at least every second.

Who uses it: the picture thread. With `zerolatency` each picture gives its packet at once, so
nothing waits in the encoder when the wearer stops or the power goes.
"""

from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError
from av.video.frame import PictureType
from av.video.stream import VideoStream

from bwv_device.configuration.media import Video
from bwv_device.media.encoded_stream import open_stream
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.camera import CameraMode, ColourMatrix
from hal.interfaces.clock import NS_PER_S

TICKS_PER_S = 90_000
"""Frames are timed by capture, not by count; 90 kHz is the field's usual time base."""

_MATRICES = {ColourMatrix.BT601: 6, ColourMatrix.BT709: 1}
_LIMITED = 1
"""FFmpeg's numbers (those of ITU-T H.273) for how the camera's planes stand for colours.
Untagged, players take BT.709 at 720 lines and above, and the colours of BT.601 shift."""


class VideoEncoder:
    """libx264 through PyAV; one thread uses it."""

    def __init__(self, mode: CameraMode, settings: Video, epoch_ns: int) -> None:
        """Raises `EncoderError` when libx264 is not there or refuses the mode."""
        self._mode, self._settings, self._epoch_ns = mode, settings, epoch_ns
        self._frame_ns = round(NS_PER_S / mode.rate_hz)
        self._key_ns = round(settings.key_frame_interval_s * NS_PER_S)
        self._next_key_ns: int | None = None
        self.stream = open_stream(
            "libx264", VideoStream, self._configure, rate=mode.rate_hz, options=self._options()
        )

    def encode(
        self, picture: npt.NDArray[np.uint8], capture_ns: int, lost_before: int
    ) -> list[EncodedPacket]:
        """Encode one picture of shape (height * 3 // 2, width); raises `EncoderError`."""
        try:
            packets = self.stream.encode(self._frame(picture, capture_ns))
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"libx264 refused a picture: {error}") from error
        if len(packets) != 1:
            # A picture that waits, or is swallowed, would be timed wrong or lost uncounted.
            raise EncoderError(f"libx264 gave {len(packets)} packets for one picture")
        return [self._packet(packets[0], capture_ns, lost_before)]

    def _frame(self, picture: npt.NDArray[np.uint8], capture_ns: int) -> av.VideoFrame:
        frame = av.VideoFrame.from_numpy_buffer(picture, "yuv420p")
        frame.pts = round((capture_ns - self._epoch_ns) * TICKS_PER_S / NS_PER_S)
        frame.time_base = Fraction(1, TICKS_PER_S)
        if self._key_is_due(capture_ns):
            frame.pict_type = PictureType.I
        return frame

    def _packet(
        self, packet: "av.Packet[VideoStream]", capture_ns: int, lost_before: int
    ) -> EncodedPacket:
        # The exact capture time goes on, not the one rounded to ticks.
        return EncodedPacket(
            Track.VIDEO,
            capture_ns,
            self._frame_ns,
            packet.is_keyframe,
            bytes(packet),
            lost_before,
        )

    def _key_is_due(self, capture_ns: int) -> bool:
        """By time, not by count of frames: half a frame early counts as due."""
        if self._next_key_ns is None:
            self._next_key_ns = capture_ns
        if capture_ns + self._frame_ns // 2 < self._next_key_ns:
            return False
        periods = (capture_ns + self._frame_ns // 2 - self._next_key_ns) // self._key_ns + 1
        self._next_key_ns += periods * self._key_ns
        return True

    def _configure(self, stream: VideoStream) -> None:
        context = stream.codec_context
        context.width, context.height = self._mode.width_px, self._mode.height_px
        context.pix_fmt = "yuv420p"
        context.time_base = Fraction(1, TICKS_PER_S)
        context.bit_rate = self._settings.bitrate_bps
        context.max_b_frames = 0
        context.gop_size = max(1, round(10 * self._mode.rate_hz))
        # More threads cut the picture into slices and cost bits; one is enough at 720p.
        context.thread_count = 1
        matrix = _MATRICES[self._mode.matrix]
        context.colorspace = context.color_primaries = context.color_trc = matrix
        context.color_range = _LIMITED

    def _options(self) -> dict[str, str]:
        return {
            "preset": self._settings.preset,
            "tune": "zerolatency",
            # A forced I picture must be one that a clip can begin with.
            "forced-idr": "1",
            "sc_threshold": "0",
        }
