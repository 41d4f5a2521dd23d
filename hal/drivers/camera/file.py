"""A video file as a camera: at its own pace, over and over.

Who uses it: demonstrations and tests with real footage, on machines without a camera.
"""

import threading
from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame

from hal.drivers.camera.clip_frames import frames, picture_rate
from hal.drivers.camera.clip_picture import PictureMaker
from hal.drivers.clip_file import ClipTiming, Damage, measure
from hal.drivers.lifecycle import StartedDriver
from hal.drivers.options import require_positive
from hal.drivers.pacing import DEFAULT_BACKLOG_S, Pacer
from hal.errors import DeviceLostError, DeviceMissingError
from hal.interfaces.camera import CameraMode, Frame, PixelFormat
from hal.interfaces.clock import NS_PER_S, Clock


@dataclass(frozen=True, slots=True)
class _Upcoming:
    due_ns: int
    sequence: int
    frame: VideoFrame


class FileCamera(StartedDriver):
    """The `file` camera: I420. One reader thread; `close` may come from another.

    A frame of round n is captured at epoch + n * length + its own time, exactly. `sequence`
    leaves a hole for each frame that can't be decoded and each that a late reader misses.
    """

    def __init__(self, clock: Clock, *, path: Path, backlog_s: float = DEFAULT_BACKLOG_S) -> None:
        """A reader later than `backlog_s` misses frames. Raises `DriverOptionError`."""
        super().__init__(f"the file camera on {path}")
        require_positive("backlog_s", backlog_s)
        self._path = Path(path)
        self._clock = clock
        self._pacer = Pacer(clock, self.closing, backlog_s)
        self._lock = threading.Lock()
        self._damage = Damage(self._path)
        self._upcoming: _Upcoming | None = None

    def start(self, epoch_ns: int) -> CameraMode:
        """Measure the file and begin with the first frame that is due from now on. Raises
        `DeviceMissingError` when the file is not there, damaged or has no pictures."""
        self.begin()
        timing = measure(self._path)
        rate_hz = picture_rate(self._path)
        self._maker = PictureMaker(self._first_frame(timing), rate_hz)
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            self._rounds = self._endless(timing, epoch_ns, max(now_ns, epoch_ns))
            self._upcoming = self._first_due_from(now_ns)
        return self._maker.mode

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame when its instant has come."""
        self.require_started()
        deadline_ns = self._pacer.deadline_ns(timeout_s)
        with self._lock:
            self.require_open()
            upcoming = self._upcoming = self._choose()
        came = self._pacer.wait_until(upcoming.due_ns, deadline_ns)
        self.require_open()
        if not came:
            return None
        self._upcoming = None
        pixels = self._maker.pixels(upcoming.frame)
        return Frame(pixels, PixelFormat.I420, upcoming.due_ns, upcoming.sequence)

    def close(self) -> None:
        """Let the file go, once a decoding under way has ended."""
        super().close()
        with self._lock:
            self._upcoming = None
            if hasattr(self, "_rounds"):
                self._rounds.close()

    def _first_frame(self, timing: ClipTiming) -> VideoFrame:
        for _, frame in frames(self._path, timing, Fraction(0), Damage(self._path)):
            return frame
        raise DeviceMissingError(f"no picture in {self._path} can be decoded: choose another file")

    def _choose(self) -> _Upcoming:
        """The frame that is next, or that is due now when the reader is too late."""
        upcoming = self._upcoming or self._pull()
        if self._pacer.too_late(upcoming.due_ns):
            return self._first_due_from(self._clock.monotonic_ns(), upcoming)
        return upcoming

    def _first_due_from(self, instant_ns: int, upcoming: _Upcoming | None = None) -> _Upcoming:
        upcoming = upcoming or self._pull()
        while upcoming.due_ns < instant_ns:
            upcoming = self._pull()
        return upcoming

    def _pull(self) -> _Upcoming:
        try:
            return next(self._rounds)
        except StopIteration as error:
            raise DeviceLostError(f"{self.title} has ended: see the error before") from error
        except DeviceMissingError as error:
            raise DeviceLostError(f"{self.title} has gone: {error}") from error

    def _endless(
        self, timing: ClipTiming, epoch_ns: int, from_ns: int
    ) -> Generator[_Upcoming, None, None]:
        """Round after round, from the place that belongs to `from_ns` on."""
        elapsed = Fraction(from_ns - epoch_ns, NS_PER_S)
        number, begin = divmod(elapsed, timing.length)
        sequence, lost = 0, self._damage.lost
        while True:
            shown = 0
            for at, frame in frames(self._path, timing, begin, self._damage):
                sequence += self._damage.lost - lost
                lost = self._damage.lost
                due_ns = epoch_ns + int((number * timing.length + at) * NS_PER_S)
                yield _Upcoming(due_ns, sequence, frame)
                sequence, shown = sequence + 1, shown + 1
            if not shown and begin == 0:
                raise DeviceLostError(f"{self._path} has no pictures any more")
            number, begin = number + 1, Fraction(0)
