"""A recorder's surroundings: a camera and a microphone that do what a test says, in virtual time.

The camera gives a frame, or fails, for each cue that the test puts in; between cues it waits,
and time stands still. So a test knows what was captured before what it does next.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import numpy as np

from bwv_device.configuration.keeping import Storage
from bwv_device.configuration.media import PreRecord, Video
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.store import Store
from bwv_device.media.messages import Report
from bwv_device.media.recorder import Recorder
from bwv_device.media.sources import Sources
from hal.drivers.clock.virtual import VirtualClock
from hal.interfaces.camera import CameraMode, Frame, PixelFormat
from hal.interfaces.microphone import AudioBlock, MicrophoneMode
from tests.unit.media.media_packets import MS, S
from tests.unit.media.media_pictures import plain

ReportT = TypeVar("ReportT", bound=Report)
MODE = CameraMode(64, 64, Fraction(10), PixelFormat.I420)
FRAME_NS = 100 * MS
BLOCK_NS = 20 * MS
PATIENCE_S = 20.0
"""Real seconds after which a test gives up; nothing waits for so long that works."""


@dataclass(frozen=True)
class Shot:
    """A cue for one frame; `lost` frames are missing before it."""

    lost: int = 0


SILENCE = None
"""A cue for a read that times out."""
Cue = Shot | Exception | threading.Event | None
"""An event is a cue to hang until it is set."""


class FakeCamera:
    """Does what the stage's cues say."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._sequence = 0
        self.started = self.closed = False
        self.closed_ns = 0

    def start(self, _epoch_ns: int) -> CameraMode:
        self._stage.fail_if_asked("camera")
        self.started = True
        return MODE

    def read(self, timeout_s: float) -> Frame | None:
        cue = self._stage.next_cue()
        if isinstance(cue, threading.Event):
            cue.wait()
            return None
        if isinstance(cue, Exception):
            raise cue
        if cue is None:
            self._stage.clock.advance_s(timeout_s)
            return None
        return self._shoot(cue)

    def _shoot(self, shot: Shot) -> Frame:
        self._sequence += 1 + shot.lost
        self._stage.clock.advance_ns(FRAME_NS * (1 + shot.lost))
        now_ns = self._stage.clock.monotonic_ns()
        return Frame(plain(self._sequence % 200 + 20), PixelFormat.I420, now_ns, self._sequence)

    def close(self) -> None:
        self._stage.note_closing()
        self._stage.closing_camera.wait(PATIENCE_S)
        self.closed_ns = self._stage.now_ns()
        self.closed = True
        self._stage.note_closed()


class FakeMicrophone:
    """Gives a block for every 20 ms of virtual time that have passed."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._next_ns = 0
        self.is_idle = self.has_failed = self.closed = False

    def start(self, _epoch_ns: int) -> MicrophoneMode:
        self.has_failed = True
        self._stage.fail_if_asked("microphone")
        self.has_failed = False
        self._next_ns = self._stage.clock.monotonic_ns()
        return MicrophoneMode(48_000, 1)

    def read(self, timeout_s: float) -> AudioBlock | None:
        stage = self._stage
        if stage.microphone_failure is not None:
            self.has_failed = True
            raise stage.microphone_failure
        self.is_idle = stage.now_ns() < self._next_ns + BLOCK_NS
        if self.is_idle:
            stage.breathe(timeout_s)
            return None
        at_ns, self._next_ns = self._next_ns, self._next_ns + BLOCK_NS
        lost, stage.samples_lost = stage.samples_lost, 0
        return AudioBlock(np.zeros((960, 1), np.int16), at_ns, lost)

    def has_heard(self, now_ns: int) -> bool:
        """Whether all blocks up to `now_ns` were read and handled, or none will be."""
        return (
            self.closed or self.has_failed or (self.is_idle and now_ns < self._next_ns + BLOCK_NS)
        )

    def close(self) -> None:
        self.closed = True


@dataclass
class Stage:
    """Everything around one recorder."""

    folder: Path
    pre_record_s: float = 2.0
    with_sound: bool = True
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(monotonic_ns=100 * S))
    cameras: list[FakeCamera] = field(default_factory=list)
    microphones: list[FakeMicrophone] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    microphone_failure: Exception | None = None
    samples_lost: int = 0
    listener_failure: Exception | None = None

    def __post_init__(self) -> None:
        self._cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._is_waiting = False
        self._reads = 0
        self._pause = threading.Event()
        self._closing = self._closed = 0
        self.closing_camera = threading.Event()
        self.closing_camera.set()
        self.store = Store.open(self.folder)
        self.recorder = Recorder(
            self.configuration(),
            self.clock,
            Sources(self._open_camera, self._open_microphone if self.with_sound else None),
            self.store,
            lambda _folder: 1 << 40,
            self._heard,
        )

    def configuration(self) -> Configuration:
        return Configuration().model_copy(
            update={
                "video": Video(preset="ultrafast"),
                "pre_record": PreRecord.model_construct(
                    length_s=self.pre_record_s, byte_ceiling=1 << 30, sound=False
                ),
                "storage": Storage.model_construct(folder=self.folder, reserve_bytes=0),
            }
        )

    # What a test does

    def shoot(self, frames: int, *, lost: int = 0) -> None:
        """Let the camera give so many frames, and wait until it has."""
        for _ in range(frames):
            self._cues.put(Shot(lost))
        self.until_camera_waits()

    def cue(self, *cues: Cue) -> None:
        """Put cues in, and do not wait."""
        for cue in cues:
            self._cues.put(cue)

    def until_camera_waits(self) -> None:
        """Return once every cue was taken and handled, and all sound up to now was heard."""
        self.until(lambda: self._is_waiting and self._cues.empty(), "the camera waits for a cue")
        microphones = [microphone for microphone in self.microphones if not microphone.closed]
        self.until(lambda: all(each.has_heard(self.now_ns()) for each in microphones), "sound")

    def until_reported(self, kind: type[ReportT], count: int = 1) -> list[ReportT]:
        """The reports of that kind, once there are `count`."""
        self.until(lambda: len(self.reported(kind)) >= count, f"{count} {kind.__name__}")
        return self.reported(kind)

    def until(self, there: Callable[[], bool], what: str) -> None:
        """Return once `there()`; fail with `what` was waited for in vain."""
        with self._changed:
            assert self._changed.wait_for(there, PATIENCE_S), f"in vain: {what}; {self.reports}"

    def until_closing(self) -> None:
        """Return once a camera is about to close."""
        self.until(lambda: self._closing > 0, "a camera is being closed")

    def until_closed(self) -> None:
        """Return once a camera is closed."""
        self.until(lambda: self._closed > 0, "a camera was closed")

    def cameras_closed_ns(self) -> int:
        """When the last camera was closed."""
        self.until_closed()
        return max(camera.closed_ns for camera in self.cameras)

    def reported(self, kind: type[ReportT]) -> list[ReportT]:
        return [report for report in list(self.reports) if isinstance(report, kind)]

    def now_ns(self) -> int:
        return self.clock.monotonic_ns()

    def close(self) -> None:
        """End the recorder; the camera gets what it needs to see the end."""
        self.cue(*[SILENCE] * 10)
        self.recorder.close(self.now_ns())

    def end(self) -> None:
        self.closing_camera.set()
        self.close()
        self.store.close()

    # What the parts do

    def fail_if_asked(self, part: str) -> None:
        failure = self.failures.pop(part, None)
        if failure is not None:
            raise failure

    def next_cue(self) -> Cue:
        with self._changed:
            self._is_waiting = True
            self._changed.notify_all()
        cue = self._cues.get(timeout=PATIENCE_S)
        with self._changed:
            self._is_waiting = False
            self._reads += 1
        return cue

    def note_closing(self) -> None:
        with self._changed:
            self._closing += 1
            self._changed.notify_all()

    def note_closed(self) -> None:
        with self._changed:
            self._closed += 1
            self._changed.notify_all()

    def breathe(self, timeout_s: float) -> None:
        """A microphone without a block: time goes on only when no camera makes it."""
        reads = self._reads
        # With cues left, a camera may just be busy: only its rest shows that its session ends.
        self._pause.wait(0.002 if self._cues.empty() else 0.05)
        with self._changed:
            self._changed.notify_all()
        if not self._is_waiting and self._reads == reads:
            self.clock.advance_s(timeout_s)

    def _open_camera(self) -> FakeCamera:
        self.fail_if_asked("opening the camera")
        camera = FakeCamera(self)
        self.cameras.append(camera)
        return camera

    def _open_microphone(self) -> FakeMicrophone:
        self.fail_if_asked("opening the microphone")
        microphone = FakeMicrophone(self)
        self.microphones.append(microphone)
        return microphone

    def _heard(self, report: Report) -> None:
        with self._changed:
            self.reports.append(report)
            self._changed.notify_all()
        if self.listener_failure is not None:
            raise self.listener_failure
