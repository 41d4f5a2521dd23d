"""A whole recorder for hours of simulated time in a process of its own, and what it then holds.

Used by `tests/soak/recorder_hours.py`, which runs `main` in a fresh process, so that what grows
is the recorder's. Clips are handed over and freed as the dock would, so that no disk fills.
"""

import gc
import json
import os
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bwv_device.configuration.keeping import Recording as SplitRule
from bwv_device.configuration.keeping import Storage
from bwv_device.configuration.media import PreRecord, Sound, Video
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.records import ClipState, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from bwv_device.media.messages import Report
from bwv_device.media.recorder import Recorder
from hal.interfaces.camera import CameraMode, PixelFormat
from hal.interfaces.clock import NS_PER_S
from tests.bench.recorder_footage import memory_folder
from tests.bench.recorder_memory import resident_bytes
from tests.support.lockstep import (
    PATIENCE_S,
    TROUBLES,
    UTC_OFFSET_NS,
    Lockstep,
    Scenery,
    recorder_in,
)

MODE = CameraMode(64, 64, Fraction(5), PixelFormat.I420)
SOUND_HZ: Final = 16_000
BLOCK_SAMPLES = 3_200
"""A quiet room, whose AAC costs a third of a tone's, in blocks of 200 ms."""
_QUIET = np.zeros((SOUND_HZ, 1), np.int16)
PRE_RECORD_S = 10.0
_WARM_S = 15.0
"""The ring is full by then."""
_LOOK_S = 0.005


@dataclass(frozen=True)
class Job:
    """`recordings` of `record_s` each, `pause_s` between them, split every `split_s`; the state
    is looked at `samples` times at equal distances."""

    recordings: int
    record_s: float
    pause_s: float
    split_s: float
    samples: int


@dataclass(frozen=True)
class Sample:
    """What the process holds at an instant, and what the recorder has told up to then."""

    at_s: float
    resident_bytes: int
    handles: int
    threads: int
    objects: int
    clips: int
    frames: int
    lost: int
    troubles: int


def main() -> None:
    """JOB as JSON; the samples as JSON."""
    job = Job(**json.loads(sys.argv[1]))
    with memory_folder() as folder, tempfile.TemporaryDirectory(dir=folder) as store:
        samples = Marathon(job, Path(store)).run()
    print(json.dumps([asdict(sample) for sample in samples]))


class Marathon:
    """One run; the deeds are done in the capture thread, the reports come from all."""

    def __init__(self, job: Job, folder: Path) -> None:
        self._job, self._store = job, Store.open(folder)
        self._world = Lockstep(Scenery(MODE, _draw, _QUIET, BLOCK_SAMPLES))
        self._settings = configuration(job, folder)
        self._clips = self._frames = self._lost = self._troubles = self._marks = 0
        self.samples: list[Sample] = []

    def run(self) -> list[Sample]:
        """Record it all; the samples."""
        try:
            with recorder_in(self._world, self._settings, self._store, self._heard) as recorder:
                end_ns = self._put_in(recorder)
                self._world.session(recorder, end_ns + NS_PER_S)
        finally:
            self._store.close()
        return self.samples

    def _heard(self, report: Report) -> None:
        """Count: a list of all that was told would grow, and be taken for a leak."""
        if isinstance(report, messages.ClipClosed):
            self._clips += 1
            self._frames += report.frames
            self._lost += report.frames_dropped
        self._troubles += isinstance(report, TROUBLES)

    def _put_in(self, recorder: Recorder) -> int:
        """Have every recording made and every sample taken; the last stop."""
        world, job = self._world, self._job
        begin_ns = world.clock.monotonic_ns() + _ns(_WARM_S)
        every_ns = _ns(job.record_s + job.pause_s)
        for number in range(job.recordings):
            at_ns = begin_ns + number * every_ns
            stop_ns = at_ns + _ns(job.record_s)
            world.do_at(at_ns, partial(recorder.begin, at_ns, "Button"))
            world.do_at(stop_ns, partial(recorder.end, stop_ns, "Button", EndReason.STOP))
        # Each shortly before a stop: something is being recorded.
        early_ns = _ns(job.pause_s + min(job.record_s / 2, 1.0))
        for number in range(1, job.samples + 1):
            at_ns = begin_ns + every_ns * job.recordings * number // job.samples - early_ns
            world.do_at(at_ns, partial(self._sample, recorder))
        return stop_ns

    def _sample(self, recorder: Recorder) -> None:
        """Look, once the keeper has done all that there was to do."""
        self._until_quiet(recorder)
        self._hand_over()
        gc.collect()
        self.samples.append(
            Sample(
                at_s=self._world.clock.monotonic_ns() / NS_PER_S,
                resident_bytes=resident_bytes(),
                handles=len(os.listdir("/proc/self/fd")),
                threads=threading.active_count(),
                objects=len(gc.get_objects()),
                clips=self._clips,
                frames=self._frames,
                lost=self._lost,
                troubles=self._troubles,
            )
        )

    def _until_quiet(self, recorder: Recorder) -> None:
        """A bookmark goes the way of the packets: when it is in the journal, they are through.
        Raises `TimeoutError`."""
        now_ns = self._world.clock.monotonic_ns()
        recorder.mark(now_ns)
        deadline_s = time.monotonic() + PATIENCE_S
        while not self._is_marked(now_ns + UTC_OFFSET_NS):
            if time.monotonic() > deadline_s:
                raise TimeoutError("the keeper hangs")
            time.sleep(_LOOK_S)

    def _is_marked(self, at_utc_ns: int) -> bool:
        journal = self._store.journal
        newest = max((recording.id for recording in journal.recordings()), default=0)
        return any(mark.at_utc_ns == at_utc_ns for mark in journal.bookmarks(newest))

    def _hand_over(self) -> None:
        """What the dock does to each clip that a server has proved to hold."""
        journal = self._store.journal
        for clip in journal.clips(state=ClipState.FINALISED):
            journal.begin_sending(clip.id)
            journal.acknowledge(clip.id, "soak")
            self._store.purge(journal.clip(clip.id))


def configuration(job: Job, folder: Path) -> Configuration:
    """The smallest picture and sound that one may configure; a clip may be shorter."""
    video = Video(
        width_px=MODE.width_px,
        height_px=MODE.height_px,
        rate_hz=float(MODE.rate_hz),
        bitrate_bps=100_000,
        preset="ultrafast",
    )
    return Configuration().model_copy(
        update={
            "video": video,
            "sound": Sound(rate_hz=SOUND_HZ, bitrate_bps=16_000),
            "pre_record": PreRecord(length_s=PRE_RECORD_S),
            "recording": SplitRule.model_construct(split_after_s=job.split_s, split_bytes=1 << 40),
            "storage": Storage.model_construct(folder=folder, reserve_bytes=0),
        }
    )


def _draw(number: int) -> npt.NDArray[np.uint8]:
    """A grey that changes."""
    return np.full((MODE.height_px * 3 // 2, MODE.width_px), 40 + number % 160, np.uint8)


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)
