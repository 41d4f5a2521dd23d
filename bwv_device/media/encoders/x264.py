"""libx264 inside PyAV: I420 in, H.264 packets out, each picture's at once.

Who uses it: the table of encoders. With `zerolatency` nothing waits in the encoder when the
wearer stops or the power goes.
"""

from av.error import FFmpegError
from av.video.stream import VideoStream

from bwv_device.configuration.media import Video
from bwv_device.media.encoded_stream import open_stream
from bwv_device.media.encoders.interface import Picture
from bwv_device.media.encoders.key_schedule import KeySchedule
from bwv_device.media.encoders.pyav_frames import configure_context, ticks, to_frame
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.camera import CameraMode
from hal.interfaces.clock import NS_PER_S


class X264Encoder:
    """libx264 through PyAV; one thread uses it. `settings.preset` has to be one of x264's."""

    def __init__(self, mode: CameraMode, settings: Video, epoch_ns: int) -> None:
        """Raises `EncoderError` when libx264 is not there or refuses the mode."""
        self._mode, self._epoch_ns = mode, epoch_ns
        self._frame_ns = round(NS_PER_S / mode.rate_hz)
        self._keys = KeySchedule(self._frame_ns, round(settings.key_frame_interval_s * NS_PER_S))
        self._closed = False
        self.stream = open_stream(
            "libx264",
            VideoStream,
            lambda stream: configure_context(stream.codec_context, mode, settings),
            rate=mode.rate_hz,
            options=_options(settings),
        )

    def encode(self, picture: Picture, capture_ns: int, lost_before: int) -> list[EncodedPacket]:
        """Encode one picture; exactly its packet. Raises `EncoderError`."""
        if self._closed:
            raise EncoderError("libx264 is closed")
        try:
            tick = ticks(capture_ns - self._epoch_ns)
            frame = to_frame(picture, self._mode, tick, is_key=self._keys.is_due(capture_ns))
            packets = self.stream.encode(frame)
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"libx264 refused a picture: {error}") from error
        if len(packets) != 1:
            # A picture that waits, or is swallowed, would be timed wrong or lost uncounted.
            raise EncoderError(f"libx264 gave {len(packets)} packets for one picture")
        is_key, data = packets[0].is_keyframe, bytes(packets[0])
        # The exact capture time goes on, not the one rounded to ticks.
        return [EncodedPacket(Track.VIDEO, capture_ns, self._frame_ns, is_key, data, lost_before)]

    def finish(self) -> list[EncodedPacket]:
        """Nothing: no picture ever waits."""
        return []

    def close(self) -> None:
        """No picture is taken from now on. The codec itself goes with the last clip that was
        made from `stream`."""
        self._closed = True


def _options(settings: Video) -> dict[str, str]:
    return {
        "preset": settings.preset,
        "tune": "zerolatency",
        # A forced I picture must be one that a clip can begin with.
        "forced-idr": "1",
        "sc_threshold": "0",
    }
