"""The picture's way: camera, I420, overlay, H.264, keeper. One thread, one session.

Who uses it: the capture session.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from bwv_device.configuration.model import Configuration
from bwv_device.media.encoders.interface import VideoEncoder
from bwv_device.media.encoders.opening import open_encoder
from bwv_device.media.errors import CameraSilentError
from bwv_device.media.messages import Overloaded, OverloadOver
from bwv_device.media.overlay import Overlay
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.picture import ToI420
from bwv_device.media.picture_utc import PictureUtc
from bwv_device.media.thinning import Thinning
from hal.errors import HalError
from hal.interfaces.camera import Camera, CameraMode, Frame
from hal.interfaces.clock import NS_PER_S, Clock

log = logging.getLogger(__name__)

READ_S = 0.2
CAMERA_SILENCE_S = 5.0
"""A camera that gives no picture for so long is a fault. A webcam's first frame was seen to
take up to 2 s."""


@dataclass(slots=True)
class FrameCount:
    """Frames captured, and frames that the source lost on the way to us."""

    captured: int = 0
    lost: int = 0
    _last_sequence: int | None = None

    def lost_before(self, frame: Frame) -> int:
        """Count the frame; how many the source lost between the one before and this one."""
        last, self._last_sequence = self._last_sequence, frame.sequence
        lost = 0 if last is None else max(0, frame.sequence - last - 1)
        self.captured += 1
        self.lost += lost
        return lost

    def lose_damaged(self) -> None:
        """The frame that was counted last held no picture."""
        self.captured -= 1
        self.lost += 1


class PictureLoop:
    """Reads, draws, encodes, hands over, until told to end."""

    def __init__(
        self,
        camera: Camera,
        mode: CameraMode,
        configuration: Configuration,
        clock: Clock,
        epoch_ns: int,
        report: Callable[[Overloaded | OverloadOver], None],
    ) -> None:
        """`report` is told of frames that are left out because encoding takes too long."""
        device = configuration.device
        self._camera, self._clock = camera, clock
        self._utc = PictureUtc(clock)
        folder = configuration.storage.folder
        self._encoder = open_encoder(mode, configuration.video, epoch_ns, folder, clock)
        self._overlay = (
            Overlay(f"{device.model} {device.serial}", mode.width_px, mode.height_px)
            if configuration.video.overlay
            else None
        )
        self._thinning = Thinning(mode, configuration.video, report)
        self._to_i420 = ToI420(mode)
        self._picture_ns = 0
        self.count = FrameCount()

    @property
    def encoder(self) -> VideoEncoder:
        return self._encoder

    @property
    def skipped(self) -> int:
        """Frames left out because encoding did not keep up."""
        return self._thinning.skipped

    def run(
        self, hand_over: Callable[[EncodedPacket], None], end_ns: Callable[[], int | None]
    ) -> None:
        """Run until a frame at or behind `end_ns()` arrives, or that instant has long passed.

        What waits in the encoder is handed over too, also when the camera breaks off. Raises
        `CameraSilentError`, `EncoderError`, and what the camera raises.
        """
        try:
            self._capture(hand_over, end_ns)
        except (HalError, CameraSilentError):
            self._finish(hand_over)
            raise
        else:
            self._finish(hand_over)

    def close(self) -> None:
        """Let go of the encoder; fine the second time."""
        self._encoder.close()

    def _finish(self, hand_over: Callable[[EncodedPacket], None]) -> None:
        for packet in self._thinning.marked(self._encoder.finish()):
            hand_over(packet)
        self._thinning.end()

    def _capture(
        self, hand_over: Callable[[EncodedPacket], None], end_ns: Callable[[], int | None]
    ) -> None:
        self._picture_ns = self._clock.monotonic_ns()
        while True:
            frame = self._camera.read(READ_S)
            now_ns = self._clock.monotonic_ns()
            due_ns = end_ns()
            if frame is None:
                if due_ns is not None and now_ns > due_ns + NS_PER_S // 2:
                    return
                self._check_silence(now_ns)
                continue
            is_last = due_ns is not None and frame.capture_ns >= due_ns
            lost = self.count.lost_before(frame)
            if not self._thinning.leaves_out(frame.capture_ns, lost, is_last=is_last):
                for packet in self._encode(frame):
                    hand_over(packet)
            if is_last:
                return

    def _encode(self, frame: Frame) -> list[EncodedPacket]:
        began_ns = self._clock.monotonic_ns()
        picture = self._to_i420.picture(frame)
        if picture is None:
            self._lose_damaged(began_ns)
            return []
        self._picture_ns = began_ns
        if self._overlay is not None:
            self._overlay.draw(picture, self._utc.of(frame.capture_ns))
        lost = self._thinning.take_losses()
        packets = self._encoder.encode(picture, frame.capture_ns, lost)
        self._thinning.encoded(frame.capture_ns, began_ns, self._clock.monotonic_ns())
        return self._thinning.marked(packets)

    def _lose_damaged(self, now_ns: int) -> None:
        """The loss travels with the next picture, as one that the source lost does."""
        self.count.lose_damaged()
        self._thinning.lose_damaged()
        self._check_silence(now_ns)

    def _check_silence(self, now_ns: int) -> None:
        silent_ns = now_ns - self._picture_ns
        if silent_ns > CAMERA_SILENCE_S * NS_PER_S:
            raise CameraSilentError(
                f"the camera gives no frame for {silent_ns / NS_PER_S:.0f} s: see that no other "
                "program uses it, plug it in again, or choose another (`bwv devices`)"
            )
