"""A file with H.264 as a camera, at its own pace, over and over; used by `h264`.

For tests and demonstrations: what a camera that encodes would send, without one.
"""

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.error import FFmpegError

from hal.drivers.camera.h264_frame import h264_frame, stream_mode
from hal.drivers.camera.h264_units import Unit, UnitMaker
from hal.drivers.clip_file import ClipTiming, measure, open_clip, packet_length, picture_stream
from hal.drivers.pacing import Pacer
from hal.errors import DeviceLostError, DeviceMissingError
from hal.interfaces.camera import CameraMode, Frame
from hal.interfaces.clock import NS_PER_S, Clock


@dataclass(frozen=True, slots=True)
class _Upcoming:
    due_ns: int
    sequence: int
    unit: Unit


class FileSource:
    """From `start` to `close`; one reader, `close` may come from another thread.

    A unit of round n is captured at epoch + n * length + its own time, exactly. A start, and a
    reader that was too late, go on with the next key frame; the sequence tells what was passed
    over.
    """

    def __init__(
        self, clock: Clock, title: str, path: Path, closing: threading.Event, backlog_s: float
    ) -> None:
        self._clock, self._title, self._path = clock, title, path
        self._pacer = Pacer(clock, closing, backlog_s)
        self._lock = threading.Lock()
        self._rounds: Generator[_Upcoming, None, None] | None = None
        self._upcoming: _Upcoming | None = None

    def start(self, epoch_ns: int) -> CameraMode:
        """Raises `DeviceMissingError` for a file that is not there, holds no H.264, or holds
        pictures out of order."""
        timing = measure(self._path)
        mode = self._look(timing)
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            self._rounds = self._endless(timing, epoch_ns, max(now_ns, epoch_ns))
            self._upcoming = self._first_key_from(now_ns)
        return mode

    def read(self, timeout_s: float) -> Frame | None:
        """The next unit when its instant has come."""
        deadline_ns = self._pacer.deadline_ns(timeout_s)
        with self._lock:
            upcoming = self._upcoming = self._choose()
        if not self._pacer.wait_until(upcoming.due_ns, deadline_ns):
            return None
        self._upcoming = None
        return h264_frame(upcoming.unit, upcoming.due_ns, upcoming.sequence)

    def request_key_frame(self) -> bool:
        """What is in the file is in the file."""
        return False

    def close(self) -> None:
        """Let the file go, once a read under way has ended."""
        with self._lock:
            self._upcoming = None
            if self._rounds is not None:
                self._rounds.close()

    def _look(self, timing: ClipTiming) -> CameraMode:
        """Read the whole file once: of units out of order the first would be met in mid-show."""
        with open_clip(self._path) as container:
            stream = picture_stream(container)
            if stream is None:
                raise DeviceMissingError(f"{self._path} has no pictures: choose a video file")
            mode = stream_mode(stream, self._title, 1 / packet_length(stream))
        newest = Fraction(-1)
        for at, _ in self._units(timing):
            if at <= newest:
                raise DeviceMissingError(
                    f"{self._path} has pictures out of order (B-frames): encode it without"
                )
            newest = at
        return mode

    def _units(self, timing: ClipTiming) -> Iterator[tuple[Fraction, Unit]]:
        """The units of one round with their times in seconds from its beginning."""
        with open_clip(self._path) as container:
            stream = picture_stream(container)
            assert stream is not None, "looked at before"
            maker, usual, at = UnitMaker(stream, self._title), packet_length(stream), Fraction(0)
            time_base = stream.time_base or Fraction(1)
            for packet in container.demux(stream):
                for unit in maker.units(packet):
                    if unit.pts is not None:
                        at = unit.pts * time_base - timing.origin
                    yield at, unit
                    at += usual

    def _choose(self) -> _Upcoming:
        upcoming = self._upcoming or self._pull()
        if not self._pacer.too_late(upcoming.due_ns):
            return upcoming
        return self._first_key_from(self._clock.monotonic_ns(), upcoming)

    def _first_key_from(self, instant_ns: int, upcoming: _Upcoming | None = None) -> _Upcoming:
        upcoming = upcoming or self._pull()
        while upcoming.due_ns < instant_ns or not upcoming.unit.is_key:
            upcoming = self._pull()
        return upcoming

    def _pull(self) -> _Upcoming:
        assert self._rounds is not None, "the facade allows no read before the start"
        try:
            return next(self._rounds)
        except StopIteration as error:
            raise DeviceLostError(f"{self._title} has ended: see the error before") from error
        except (DeviceMissingError, FFmpegError) as error:
            raise DeviceLostError(f"{self._title} has gone: {error}") from error

    def _endless(
        self, timing: ClipTiming, epoch_ns: int, from_ns: int
    ) -> Generator[_Upcoming, None, None]:
        """Round after round, from the one that belongs to `from_ns` on."""
        number = Fraction(from_ns - epoch_ns, NS_PER_S) // timing.length
        sequence = 0
        while True:
            shown = 0
            for at, unit in self._units(timing):
                due_ns = epoch_ns + int((number * timing.length + at) * NS_PER_S)
                yield _Upcoming(due_ns, sequence, unit)
                sequence, shown = sequence + 1, shown + 1
            if not shown:
                raise DeviceLostError(f"{self._path} has no pictures any more")
            number += 1
