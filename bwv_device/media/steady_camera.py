"""A camera that goes on when its device is unplugged: with a slate, until the picture is back.

Who uses it: the capture session. The device is tried again about once a second; the frames that
it would have given meanwhile are holes in the sequence numbers, so that they are counted as
lost.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from bwv_device.media.errors import CameraSilentError, OtherModeError
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.reopener import Reopener, close_quietly
from bwv_device.media.slate import Plane, draw_slate
from hal.errors import DeviceClosedError, DeviceLostError
from hal.interfaces.camera import Camera, CameraMode, EncodedCamera, Frame, PixelFormat
from hal.interfaces.clock import NS_PER_S, Clock

log = logging.getLogger(__name__)

SILENCE_S = 2.0
"""A camera that was delivering and gives no frame for so long is lost, whatever it says."""
SLATE_NS = NS_PER_S // 5
_FIRST_FRAME_S, _READ_S = 2.0, 0.2
"""A webcam's first frame was seen to take up to 2 s."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A camera that is back, and the frame that shows it."""

    camera: Camera
    frame: Frame


@dataclass(slots=True)
class _Gap:
    """The search for the camera, and what stands in for it."""

    reopener: Reopener[_Found]
    slate: Plane
    next_slate_ns: int


class SteadyCamera:
    """A `Camera`, made of one that may be lost; one reader thread."""

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        clock: Clock,
        lost: Callable[[str], None],
        returned: Callable[[float], None],
    ) -> None:
        """`lost` is told why the picture is gone, again should a camera come back that can't go
        on with it; `returned` is told the seconds from the last real frame to the first new
        one. `lost` may be called from another thread than the reader's."""
        self._open_camera, self._clock = open_camera, clock
        self._tell_lost, self._tell_returned = lost, returned
        self._camera: Camera | None = None
        self._gap: _Gap | None = None
        self._returning = self._closed = False
        self._last: Frame | None = None
        self._last_real_ns = self._heard_ns = 0
        self._offset = self._counted = 0
        self._refusal = ""
        self._slates_ns: deque[int] = deque()

    def start(self, epoch_ns: int) -> CameraMode:
        """As the inner camera's, and fails as it does. Until the first frame a failure is the
        caller's: only what was there can be lost."""
        self._epoch_ns = epoch_ns
        self._camera = self._open_camera()
        self._mode = self._camera.start(epoch_ns)
        self._frame_ns = round(NS_PER_S / self._mode.rate_hz)
        return self._mode

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame, or the next slate. Raises `DeviceLostError` before the first frame
        only, otherwise as a `Camera`."""
        if self._closed or self._camera is None:
            raise DeviceClosedError("the camera is not open: start it first, once")
        if self._gap is not None:
            return self._read_in_gap(self._gap, timeout_s)
        try:
            frame = self._camera.read(timeout_s)
        except DeviceLostError as error:
            if self._last is None:
                raise
            self._lose(self._camera, str(error))
            return None
        if frame is not None:
            return self._deliver(frame)
        self._look_at_silence(self._camera)
        return None

    def marked(self, packet: EncodedPacket) -> EncodedPacket:
        """The packet, marked as a slate's when it is one. Packets come in order, each picture's
        once, from the reader's thread."""
        while self._slates_ns and self._slates_ns[0] < packet.time_ns:
            self._slates_ns.popleft()
        if not self._slates_ns or self._slates_ns[0] != packet.time_ns:
            return packet
        return replace(packet, is_slate=True)

    def request_key_frame(self) -> bool:
        """Ask a camera that encodes for a key frame; False where none can be asked."""
        camera = self._camera if self._gap is None else None
        return isinstance(camera, EncodedCamera) and camera.request_key_frame()

    def close(self) -> None:
        """Close the camera, or end the search for it, which takes no longer than a driver that
        is just opening is waited for."""
        self._closed = True
        if self._gap is not None:
            self._gap.reopener.close()
        elif self._camera is not None:
            self._camera.close()

    def _deliver(self, frame: Frame) -> Frame | None:
        """With a sequence number that goes on; None for one from before the newest slate."""
        self._heard_ns = self._clock.monotonic_ns()
        if self._last is not None and frame.capture_ns <= self._last.capture_ns:
            return None
        if self._returning:
            self._come_back(frame)
        offset = self._offset
        self._last = replace(frame, sequence=frame.sequence + offset) if offset else frame
        self._last_real_ns, self._counted = frame.capture_ns, 0
        return self._last

    def _come_back(self, frame: Frame) -> None:
        """Number `frame`, the first one, so that it has what was lost before it."""
        self._returning = False
        gap_ns = frame.capture_ns - self._last_real_ns
        self._offset = self._next_sequence(round(gap_ns / self._frame_ns) - 1) - frame.sequence
        log.warning("the camera is back after %.1f s", gap_ns / NS_PER_S)
        self._tell_returned(gap_ns / NS_PER_S)

    def _look_at_silence(self, camera: Camera) -> None:
        silent_ns = self._clock.monotonic_ns() - self._heard_ns
        if self._last is not None and silent_ns >= SILENCE_S * NS_PER_S:
            self._lose(camera, f"the camera gives no frame for {silent_ns / NS_PER_S:.1f} s")

    def _lose(self, camera: Camera, why: str) -> None:
        now_ns = self._clock.monotonic_ns()
        since_utc_ns = self._last_real_ns + self._clock.utc_ns() - now_ns
        self._gap = _Gap(
            Reopener(self._clock, camera, self._attempt, _give_back),
            draw_slate(self._mode.width_px, self._mode.height_px, since_utc_ns),
            max(now_ns, self._last_real_ns + self._frame_ns),
        )
        log.error("the camera is lost, a slate stands in for it: %s", why)
        self._tell_lost(why)

    def _read_in_gap(self, gap: _Gap, timeout_s: float) -> Frame | None:
        now_ns = self._clock.monotonic_ns()
        until_slate_s = (gap.next_slate_ns - now_ns) / NS_PER_S
        self._clock.wait(gap.reopener.found_or_closing, min(timeout_s, until_slate_s))
        found = gap.reopener.take()
        if found is not None:
            gap.reopener.close()
            self._camera, self._gap, self._returning = found.camera, None, True
            return self._deliver(found.frame)
        now_ns = self._clock.monotonic_ns()
        return self._shoot_slate(gap, now_ns) if now_ns >= gap.next_slate_ns else None

    def _shoot_slate(self, gap: _Gap, now_ns: int) -> Frame:
        """Each slate has the real frames that were lost before it: so they are counted in the
        clip in which they are missing, and also when the camera never comes back."""
        gap.next_slate_ns = now_ns + SLATE_NS
        # One less than were due: the newest may be the one with which the camera comes back.
        due = (now_ns - self._last_real_ns) // self._frame_ns - 1
        self._last = Frame(gap.slate.copy(), PixelFormat.I420, now_ns, self._next_sequence(due))
        self._slates_ns.append(now_ns)
        return self._last

    def _next_sequence(self, lost: int) -> int:
        """The next number behind a hole, when `lost` frames are missing since the last real
        one, some of which earlier holes have counted."""
        assert self._last is not None, "only a camera that gave a frame can be lost"
        more = max(0, lost - self._counted)
        self._counted += more
        return self._last.sequence + 1 + more

    # The reopener's thread

    def _attempt(self, closing: threading.Event) -> _Found:
        camera = self._open_camera()
        with ExitStack() as undo:
            undo.callback(close_quietly, camera)
            self._require_same(camera.start(self._epoch_ns))
            frame = _first_frame(camera, closing)
            undo.pop_all()
        return _Found(camera, frame)

    def _require_same(self, mode: CameraMode) -> None:
        """The picture that the encoder was opened for. Raises `OtherModeError`."""
        wanted = (self._mode.width_px, self._mode.height_px, self._mode.matrix)
        if (mode.width_px, mode.height_px, mode.matrix) != wanted:
            why = (
                f"the camera that was plugged in gives {mode.width_px}x{mode.height_px} "
                f"({mode.matrix}), the recording has {wanted[0]}x{wanted[1]} ({wanted[2]}): "
                "plug in the one that was there, or stop and start again"
            )
            self._tell_once(why)
            raise OtherModeError(why)

    def _tell_once(self, why: str) -> None:
        if why != self._refusal:
            self._refusal = why
            self._tell_lost(why)


def _first_frame(camera: Camera, closing: threading.Event) -> Frame:
    """Raises `CameraSilentError` and what the camera raises."""
    for _ in range(round(_FIRST_FRAME_S / _READ_S)):
        frame = camera.read(_READ_S)
        if frame is not None:
            return frame
        if closing.is_set():
            break
    raise CameraSilentError("the camera is open again and gives no frame")


def _give_back(found: _Found) -> None:
    close_quietly(found.camera)
