"""The picture's way from a camera that encodes: camera, keeper. Nothing is decoded or drawn.

Who uses it: the capture session, in place of the picture loop. What can't be passed on is encoded
here: the slates that stand in for a lost camera. A clip holds one stream only, so at each change
between the two the keeper is told (`StreamChanged`) and begins a clip of its own.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from av.video.stream import VideoStream

from bwv_device.configuration.model import Configuration
from bwv_device.media.encoders.annex_b import AccessUnit
from bwv_device.media.encoders.interface import VideoEncoder
from bwv_device.media.encoders.opening import open_encoder
from bwv_device.media.errors import CameraSilentError, EncoderError
from bwv_device.media.key_watch import KeyWatch
from bwv_device.media.messages import KeyFramesSeldom
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.passed_track import PassedTrack
from bwv_device.media.picture import ToI420
from bwv_device.media.picture_loop import CAMERA_SILENCE_S, READ_S, FrameCount
from bwv_device.media.steady_camera import SteadyCamera
from hal.errors import HalError
from hal.interfaces.camera import CameraMode, Frame, PixelFormat
from hal.interfaces.clock import NS_PER_S, Clock

log = logging.getLogger(__name__)

Announce = Callable[[VideoStream, str], None]
PASSED = "the camera's own H.264, passed on as it came: nothing is drawn on the picture"
SLATES = "slates that stood in for a lost camera"

_KEY_PATIENCE_S = 20.0
"""So long a camera may send what can't be decoded: many have a key frame each 10 s only."""


class PassLoop:
    """Reads and hands over, until told to end; one thread, one session."""

    skipped = 0
    """It leaves nothing out: there is no encode that could be too slow."""

    def __init__(
        self,
        camera: SteadyCamera,
        mode: CameraMode,
        configuration: Configuration,
        clock: Clock,
        epoch_ns: int,
        report: Callable[[KeyFramesSeldom], None],
    ) -> None:
        self._camera, self._mode, self._clock = camera, mode, clock
        self._configuration, self._epoch_ns = configuration, epoch_ns
        self._frame_ns = round(NS_PER_S / mode.rate_hz)
        interval_ns = round(configuration.video.key_frame_interval_s * NS_PER_S)
        self._keys = KeyWatch(self._frame_ns, interval_ns, camera.request_key_frame, report)
        self._to_i420 = ToI420(mode)
        self._track: PassedTrack | None = None
        self._slates: VideoEncoder | None = None
        self._waits_for_key, self._slates_are_new = True, False
        self._lost = self._damaged = 0
        self._heard_ns = self._picture_ns = clock.monotonic_ns()
        self.count = FrameCount()

    def run(
        self,
        hand_over: Callable[[EncodedPacket], None],
        change_stream: Announce,
        end_ns: Callable[[], int | None],
    ) -> None:
        """Run until a picture at or behind `end_ns()` arrives, or that instant has long passed.

        `change_stream` is given the template of the packets that follow and what a viewer has to
        know of them, before the first of them: the first key frame's, and at each change. Raises
        `CameraSilentError`, `EncoderError`, and what the camera raises.
        """
        if self._configuration.video.overlay:
            log.warning("the camera's H.264 is passed on as it is: without time on the picture")
        try:
            self._capture(hand_over, change_stream, end_ns)
        except (HalError, CameraSilentError):
            self._end_slates(hand_over)
            raise
        else:
            self._end_slates(hand_over)

    def close(self) -> None:
        """Let go of the slates' encoder, if there is one; fine the second time."""
        if self._slates is not None:
            self._slates.close()

    def _capture(
        self,
        hand_over: Callable[[EncodedPacket], None],
        change_stream: Announce,
        end_ns: Callable[[], int | None],
    ) -> None:
        while True:
            frame = self._camera.read(READ_S)
            now_ns, due_ns = self._clock.monotonic_ns(), end_ns()
            if frame is None:
                if due_ns is not None and now_ns > due_ns + NS_PER_S // 2:
                    return
                self._check_silence(now_ns - self._heard_ns, CAMERA_SILENCE_S)
                continue
            self._heard_ns = now_ns
            if frame.format is PixelFormat.H264:
                self._end_slates(hand_over)
                self._pass(frame, now_ns, hand_over, change_stream)
            else:
                self._stand_in(frame, hand_over, change_stream)
            if due_ns is not None and frame.capture_ns >= due_ns:
                return

    def _pass(
        self,
        frame: Frame,
        now_ns: int,
        hand_over: Callable[[EncodedPacket], None],
        change_stream: Announce,
    ) -> None:
        lost = self.count.lost_before(frame)
        self._lost += lost
        self._waits_for_key = self._waits_for_key or lost > 0
        found = self._track_of(frame, change_stream)
        if found is None:
            # What can't be decoded is worth nothing, and shows things that were not there.
            self.count.lose_damaged()
            self._lost += 1
            self._check_silence(now_ns - self._picture_ns, _KEY_PATIENCE_S)
            return
        self._picture_ns = now_ns
        unit, track = found
        lost_before, self._lost = self._lost, 0
        packet = track.packet(unit, frame.capture_ns, lost_before)
        self._keys.passed(frame.capture_ns, is_key=packet.is_key)
        hand_over(packet)

    def _track_of(
        self, frame: Frame, change_stream: Announce
    ) -> tuple[AccessUnit, PassedTrack] | None:
        """The frame's unit, and the track that it belongs to; None for one that can't be
        decoded: it is damaged, or a key frame has to come first."""
        data = frame.pixels.tobytes()
        try:
            unit = AccessUnit.parse(data)
            if unit.is_key and (self._track is None or not self._track.fits(unit)):
                self._track = PassedTrack(unit, data, self._frame_ns)
                self._keys.begin_anew()
                change_stream(self._track.stream, PASSED)
        except EncoderError as error:
            self._tell_damaged(error)
            self._waits_for_key = True
            return None
        if unit.is_key:
            self._waits_for_key = False
        if self._waits_for_key or self._track is None or not self._track.fits(unit):
            self._keys.ask()
            return None
        return unit, self._track

    def _stand_in(
        self,
        slate: Frame,
        hand_over: Callable[[EncodedPacket], None],
        change_stream: Announce,
    ) -> None:
        """Encode a slate: a stream of its own, because no encoder of ours makes a picture that
        fits under the camera's parameter sets."""
        self._lost += self.count.lost_before(slate)
        self._picture_ns = slate.capture_ns
        if self._slates is None:
            self._slates = self._open_slates()
            self._track, self._waits_for_key, self._slates_are_new = None, True, True
            if self._clock.monotonic_ns() > slate.capture_ns + self._frame_ns:
                # Opening took so long that sound from behind this slate is in the former clip.
                return
        if self._slates_are_new:
            self._slates_are_new = False
            change_stream(self._slates.stream, SLATES)
        picture = self._to_i420.picture(slate)
        assert picture is not None, "a slate is a picture of the mode"
        lost, self._lost = self._lost, 0
        for packet in self._slates.encode(picture, slate.capture_ns, lost):
            hand_over(packet)

    def _open_slates(self) -> VideoEncoder:
        mode = replace(self._mode, format=PixelFormat.I420)
        folder = self._configuration.storage.folder
        return open_encoder(mode, self._configuration.video, self._epoch_ns, folder, self._clock)

    def _end_slates(self, hand_over: Callable[[EncodedPacket], None]) -> None:
        if self._slates is None:
            return
        slates, self._slates = self._slates, None
        for packet in slates.finish():
            hand_over(packet)
        slates.close()

    def _tell_damaged(self, error: EncoderError) -> None:
        self._damaged += 1
        if self._damaged in (1, 10, 100, 1_000, 10_000):
            log.warning("a unit is not passed on: %s; so far: %s", error, self._damaged)

    def _check_silence(self, silent_ns: int, patience_s: float) -> None:
        if silent_ns > patience_s * NS_PER_S:
            raise CameraSilentError(
                f"the camera gives no picture that can be decoded for {silent_ns / NS_PER_S:.0f} s"
                ": see that it sends key frames with SPS and PPS, plug it in again, or choose "
                "another (`bwv devices`)"
            )
