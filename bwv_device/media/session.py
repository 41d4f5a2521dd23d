"""One session of capture: camera and microphone open, packets flowing, until told to end.

Who uses it: the recorder's capture thread. In standby there is no session, and with it no
open camera and no open microphone.
"""

import logging
from collections.abc import Callable

from av.video.stream import VideoStream

from bwv_device.configuration.model import Configuration
from bwv_device.errors import BwvError
from bwv_device.media import messages
from bwv_device.media.drift import Drift
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.inbox import Inbox
from bwv_device.media.measured_microphone import MeasuredMicrophone
from bwv_device.media.messages import Report
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.pass_loop import PassLoop
from bwv_device.media.picture_loop import PictureLoop
from bwv_device.media.silence import make_silence
from bwv_device.media.sound_loop import SoundLoop
from bwv_device.media.sources import Sources
from bwv_device.media.steady_camera import SteadyCamera
from bwv_device.media.steady_microphone import SteadyMicrophone
from hal.errors import HalError
from hal.interfaces.camera import CameraMode, PixelFormat
from hal.interfaces.clock import NS_PER_S, Clock
from hal.interfaces.microphone import Microphone

log = logging.getLogger(__name__)


class Session:
    """Everything between opening and closing the sources."""

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock,
        sources: Sources,
        inbox: Inbox,
        report: Callable[[Report], None],
    ) -> None:
        self._configuration, self._clock, self._sources = configuration, clock, sources
        self._inbox, self._report = inbox, report
        self.closing = False
        """Whether no frame is read any more, only closed what was open."""

    def run(self, end_ns: Callable[[], int | None]) -> str | None:
        """Capture until `end_ns()` has come; what broke off, or None.

        The keeper has been told that the source opened; that it has closed is the caller's to
        tell.
        """
        self.closing = False
        try:
            self._capture(end_ns)
        except (HalError, BwvError) as error:
            return str(error)
        except Exception as error:
            log.exception("capture has failed")
            return f"capture failed by an error in the software ({error!r}): see the log"
        return None

    def _capture(self, end_ns: Callable[[], int | None]) -> None:
        camera = SteadyCamera(
            self._sources.open_camera, self._clock, self._camera_lost, self._camera_back
        )
        epoch_ns = self._clock.monotonic_ns()
        try:
            mode = camera.start(epoch_ns)
            kind = PassLoop if mode.format is PixelFormat.H264 else PictureLoop
            picture = kind(camera, mode, self._configuration, self._clock, epoch_ns, self._report)
            try:
                self._with_sound(picture, camera, mode, epoch_ns, end_ns)
            finally:
                picture.close()
            count, skipped = picture.count, picture.skipped
            log.info("%s frames, %s lost, %s left out", count.captured, count.lost, skipped)
        finally:
            camera.close()

    def _with_sound(
        self,
        picture: PictureLoop | PassLoop,
        camera: SteadyCamera,
        mode: CameraMode,
        epoch_ns: int,
        end_ns: Callable[[], int | None],
    ) -> None:
        microphone = self._open_microphone()
        sound = self._open_sound(microphone, epoch_ns)
        try:
            hand_over = self._first_reported(mode, self._marking(camera.marked))
            announce = self._announcing(sound, microphone, mode)
            if isinstance(picture, PassLoop):
                picture.run(hand_over, announce, end_ns)
            else:
                announce(picture.encoder.stream, "")
                picture.run(hand_over, end_ns)
        finally:
            self.closing = True
            if sound is not None:
                sound.end(end_ns() or self._clock.monotonic_ns())
            if microphone is not None:
                self._close_microphone(microphone)

    def _announcing(
        self, sound: SoundLoop | None, microphone: SteadyMicrophone | None, mode: CameraMode
    ) -> Callable[[VideoStream, str], None]:
        """Tells the keeper of the picture's stream before its packets come, and of each one
        that takes its place. With the first, sound begins."""
        is_open = False

        def announce(video: VideoStream, about: str) -> None:
            nonlocal is_open
            if is_open:
                now_ns = self._clock.monotonic_ns()
                self._inbox.put(messages.StreamChanged(video, now_ns, about))
                return
            is_open = True
            self._announce(video, about, sound, mode)
            if sound is not None and microphone is not None:
                give = self._marking(microphone.marked)
                sound.start(give, self._sound_failed, self._sound_lost)

        return announce

    def _announce(
        self, video: VideoStream, about: str, sound: SoundLoop | None, mode: CameraMode
    ) -> None:
        templates = Templates(video, sound.encoder.stream if sound is not None else None)
        frame_ns = round(NS_PER_S / mode.rate_hz)
        opened_ns = self._clock.monotonic_ns()
        silence = make_silence(self._configuration.sound)
        self._inbox.put(messages.SourceOpened(templates, silence, frame_ns, opened_ns, about))

    def _open_microphone(self) -> SteadyMicrophone | None:
        if self._sources.open_microphone is None:
            return None
        open_microphone = self._sources.open_microphone
        return SteadyMicrophone(
            lambda: MeasuredMicrophone(open_microphone(), self._drift_measured),
            self._clock,
            self._sound_failed,
            self._sound_back,
        )

    def _close_microphone(self, microphone: Microphone) -> None:
        try:
            microphone.close()
        except HalError as error:
            self._sound_failed(str(error))

    def _open_sound(self, microphone: Microphone | None, epoch_ns: int) -> SoundLoop | None:
        """A microphone that does not open must not cost the picture: it is reported."""
        if microphone is None:
            return None
        try:
            mode = microphone.start(epoch_ns)
            return SoundLoop(microphone, mode, self._configuration.sound, self._clock)
        except (HalError, BwvError) as error:
            self._sound_failed(str(error))
            return None

    def _marking(
        self, marked: Callable[[EncodedPacket], EncodedPacket]
    ) -> Callable[[EncodedPacket], None]:
        """Hands packets over that say whether they stand in for what was lost."""
        return lambda packet: self._hand_over(marked(packet))

    def _first_reported(
        self, mode: CameraMode, give: Callable[[EncodedPacket], None]
    ) -> Callable[[EncodedPacket], None]:
        """Hands packets over by `give`, and says once that capture runs."""
        waiting = True

        def hand_over(packet: EncodedPacket) -> None:
            nonlocal waiting
            give(packet)
            if waiting:
                waiting = False
                self._report(
                    messages.Capturing(
                        packet.time_ns, mode.width_px, mode.height_px, float(mode.rate_hz)
                    )
                )

        return hand_over

    def _hand_over(self, packet: EncodedPacket) -> None:
        lost = self._inbox.put(packet)
        if lost:
            self._report(messages.PacketsLost(lost))

    def _drift_measured(self, drift: Drift) -> None:
        self._inbox.put(messages.DriftMeasured(drift.ppm))

    def _sound_failed(self, why: str) -> None:
        self._report(messages.SoundFailed(why))

    def _camera_lost(self, why: str) -> None:
        self._report(messages.CameraLost(why))

    def _camera_back(self, gap_s: float) -> None:
        self._report(messages.CameraBack(gap_s))

    def _sound_back(self, gap_s: float) -> None:
        self._report(messages.SoundBack(gap_s))

    def _sound_lost(self, seconds: float) -> None:
        self._report(messages.SoundLost(seconds))
