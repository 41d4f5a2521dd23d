"""Camera and microphone are pulled out of a recording camera and plugged in again, in real time;
the finished clip is the judge."""

import shutil
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from bwv_device.configuration.media import PreRecord, Video
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.check import check
from bwv_device.evidence.records import Clip, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.messages import (
    CameraBack,
    CameraLost,
    CaptureFailed,
    Capturing,
    RecordingClosed,
    Report,
    SoundBack,
    SoundFailed,
    SoundLost,
)
from bwv_device.media.recorder import Recorder
from bwv_device.media.sources import Sources
from hal import registry
from hal.errors import DeviceLostError, DeviceMissingError
from hal.interfaces.camera import Camera, CameraMode, Frame
from hal.interfaces.clock import NS_PER_S
from hal.interfaces.microphone import AudioBlock, Microphone, MicrophoneMode
from tests.support.measure import Measured, measure
from tests.support.signing_keys import the_signer
from tests.support.slates import is_slate, lumas

RATE_HZ = 15
AWAY_S = 2.0
PATIENCE_S = 20.0
STEP_S = 0.020
"""How far sound and picture may be from each other."""


class _Plug:
    """What both parts hang on."""

    def __init__(self, pulled: threading.Event) -> None:
        self._pulled = pulled

    def require(self, error: type[Exception]) -> None:
        if self._pulled.is_set():
            raise error("unplugged")


class PulledCamera(_Plug):
    """The scene's camera on a plug."""

    def __init__(self, pulled: threading.Event, inner: Camera) -> None:
        super().__init__(pulled)
        self._inner = inner

    def start(self, epoch_ns: int) -> CameraMode:
        self.require(DeviceMissingError)
        return self._inner.start(epoch_ns)

    def read(self, timeout_s: float) -> Frame | None:
        self.require(DeviceLostError)
        return self._inner.read(timeout_s)

    def close(self) -> None:
        self._inner.close()


class PulledMicrophone(_Plug):
    """The scene's microphone on a plug."""

    def __init__(self, pulled: threading.Event, inner: Microphone) -> None:
        super().__init__(pulled)
        self._inner = inner

    def start(self, epoch_ns: int) -> MicrophoneMode:
        self.require(DeviceMissingError)
        return self._inner.start(epoch_ns)

    def read(self, timeout_s: float) -> AudioBlock | None:
        self.require(DeviceLostError)
        return self._inner.read(timeout_s)

    def close(self) -> None:
        self._inner.close()


class Bench:
    """A recorder at work, and the two plugs."""

    def __init__(self, folder: Path) -> None:
        self.clock = registry.open_clock()
        self.folder = folder
        self.store = Store.open(folder)
        self.no_camera, self.no_microphone = threading.Event(), threading.Event()
        self.reports: list[Report] = []
        self._changed = threading.Condition()
        configuration = Configuration(
            # What is missing is to be the camera's doing alone, however busy the machine is.
            video=Video(preset="ultrafast", overload_floor_hz=120),
            pre_record=PreRecord(length_s=1),
        )
        self.recorder = Recorder(
            configuration,
            self.clock,
            Sources(self._open_camera, self._open_microphone),
            self.store,
            lambda path: shutil.disk_usage(path).free,
            self._heard,
            open_signer=the_signer,
        )

    def until(self, kind: type[Report]) -> list[Report]:
        with self._changed:
            assert self._changed.wait_for(lambda: self.reported(kind), PATIENCE_S), self.reports
        return self.reported(kind)

    def reported(self, kind: type[Report]) -> list[Report]:
        return [report for report in list(self.reports) if isinstance(report, kind)]

    def begin(self) -> None:
        self.recorder.start()
        self.recorder.arm()
        self.until(Capturing)
        self.recorder.begin(self.clock.monotonic_ns(), "Button")

    def stop(self) -> int:
        now_ns = self.clock.monotonic_ns()
        self.recorder.end(now_ns, "Button", EndReason.STOP)
        return now_ns

    def close(self) -> None:
        self.recorder.close(self.clock.monotonic_ns())

    def _open_camera(self) -> Camera:
        options = {"width_px": 320, "height_px": 240, "rate_hz": RATE_HZ}
        inner = registry.open_camera("scene", clock=self.clock, options=options)
        return PulledCamera(self.no_camera, inner)

    def _open_microphone(self) -> Microphone:
        inner = registry.open_microphone("scene", clock=self.clock, options={})
        return PulledMicrophone(self.no_microphone, inner)

    def _heard(self, report: Report) -> None:
        with self._changed:
            self.reports.append(report)
            self._changed.notify_all()


class Recorded(NamedTuple):
    """A finished clip, what it holds, and what was said while it was made."""

    clip: Clip
    measured: Measured
    lumas: list[tuple[float, npt.NDArray[np.uint8]]]
    reports: list[Report]

    @property
    def slates_s(self) -> list[float]:
        return [at_s for at_s, luma in self.lumas if is_slate(luma)]

    def reported(self, kind: type[Report]) -> list[Report]:
        return [report for report in self.reports if isinstance(report, kind)]


def record(folder: Path, script: Callable[[Bench], None]) -> Recorded:
    """Record what `script` does."""
    bench = Bench(folder)
    try:
        bench.begin()
        script(bench)
        bench.stop()
        bench.until(RecordingClosed)
    finally:
        bench.close()
    (clip,) = bench.store.journal.clips()
    path = bench.store.path(clip)
    findings = check(folder, bench.store.journal)
    bench.store.close()
    assert findings == []
    return Recorded(clip, measure(path), list(lumas(path)), bench.reports)


def pull_the_camera(bench: Bench) -> None:
    bench.clock.sleep_s(1.5)
    bench.no_camera.set()
    bench.until(CameraLost)
    bench.clock.sleep_s(AWAY_S)
    bench.no_camera.clear()
    bench.until(CameraBack)
    bench.clock.sleep_s(2.5)


def pull_the_microphone(bench: Bench) -> None:
    bench.clock.sleep_s(1.5)
    bench.no_microphone.set()
    bench.until(SoundFailed)
    bench.clock.sleep_s(AWAY_S)
    bench.no_microphone.clear()
    bench.until(SoundBack)
    bench.clock.sleep_s(2.5)


@pytest.fixture(scope="module")
def without_camera(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("camera"), pull_the_camera)


@pytest.fixture(scope="module")
def without_microphone(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("microphone"), pull_the_microphone)


def gap_s(recorded: Recorded) -> float:
    (back,) = recorded.reported(CameraBack) or recorded.reported(SoundBack)
    assert isinstance(back, CameraBack | SoundBack)
    return back.gap_s


def assert_sound_is_whole(recorded: Recorded) -> None:
    packets = recorded.measured.sound_packets
    steps = [
        after.time_s - before.time_s - before.duration_s for before, after in pairwise(packets)
    ]
    assert max(map(abs, steps)) < 0.001
    assert packets[0].time_s < 0.1
    assert packets[-1].time_s == pytest.approx(recorded.measured.duration_s, abs=0.2)


def test_the_clip_of_a_camera_that_was_unplugged_is_one_and_whole(
    without_camera: Recorded,
) -> None:
    assert without_camera.clip.end_reason is EndReason.STOP
    assert len(without_camera.lumas) == without_camera.clip.frames
    assert [type(r) for r in without_camera.reports if isinstance(r, CaptureFailed)] == []
    assert len(without_camera.reported(CameraLost)) == 1


def test_the_clip_shows_the_slate_as_long_as_the_camera_was_gone(
    without_camera: Recorded,
) -> None:
    slates_s = without_camera.slates_s
    assert gap_s(without_camera) >= AWAY_S
    assert slates_s[-1] - slates_s[0] == pytest.approx(gap_s(without_camera), abs=0.5)
    between = [at_s for at_s, _ in without_camera.lumas if slates_s[0] <= at_s <= slates_s[-1]]
    assert between == slates_s, "no other picture comes between the slates"
    assert max(b - a for a, b in pairwise(slates_s)) < 0.5


def test_frames_that_were_lost_with_the_camera_are_counted(without_camera: Recorded) -> None:
    missing = round(gap_s(without_camera) * RATE_HZ) - 1
    assert without_camera.clip.frames_dropped == pytest.approx(missing, abs=1)


def test_the_account_has_the_gap_and_how_long_the_slate_stood(without_camera: Recorded) -> None:
    account = without_camera.clip.account
    assert account is not None
    slates_s, (gap,) = without_camera.slates_s, account.pictures.gaps
    assert account.pictures.camera_lost_ns / NS_PER_S == pytest.approx(
        slates_s[-1] - slates_s[0], abs=0.5
    )
    assert gap.length_ns / NS_PER_S == pytest.approx(gap_s(without_camera), abs=0.15)
    assert gap.frames_missing == without_camera.clip.frames_dropped
    assert account.pictures.frames_captured == (without_camera.clip.frames or 0) - len(slates_s)
    assert account.sound_lost_ns == 0


def test_the_account_has_the_sound_that_a_microphone_did_not_give(
    without_microphone: Recorded,
) -> None:
    account = without_microphone.clip.account
    assert account is not None and account.sound_lost_ns is not None
    assert account.sound_lost_ns / NS_PER_S == pytest.approx(gap_s(without_microphone), abs=0.2)
    assert account.pictures.camera_lost_ns == 0


def test_sound_goes_on_through_the_gap(without_camera: Recorded) -> None:
    assert_sound_is_whole(without_camera)
    sound = without_camera.measured.sound
    assert sound is not None
    slates_s = without_camera.slates_s
    bursts = [t for t in without_camera.measured.tone_starts_s if slates_s[0] < t < slates_s[-1]]
    assert len(bursts) >= 1, "the tone of each full second is heard during the slate"
    assert without_camera.reported(SoundLost) == []


def test_sound_and_picture_are_in_step_after_the_return(without_camera: Recorded) -> None:
    measured, back_s = without_camera.measured, without_camera.slates_s[-1]
    flashes = [at_s for at_s in measured.flash_starts_s if at_s > back_s + 0.2]
    assert len(flashes) >= 2
    for flash_s in flashes:
        nearest_s = min(abs(flash_s - tone_s) for tone_s in measured.tone_starts_s)
        assert nearest_s < STEP_S


def test_a_microphone_that_was_unplugged_leaves_silence_and_stays_in_step(
    without_microphone: Recorded,
) -> None:
    assert_sound_is_whole(without_microphone)
    assert without_microphone.slates_s == []
    assert without_microphone.clip.frames_dropped == 0
    measured = without_microphone.measured
    tones_s = [at_s for at_s in measured.tone_starts_s if at_s > 1.2]
    flashes_s = [at_s for at_s in measured.flash_starts_s if at_s > 1.2]
    silent_s = [f for f in flashes_s if min(abs(f - tone_s) for tone_s in tones_s) > 0.5]
    assert len(silent_s) >= 1, "flashes without a tone while the microphone was gone"
    late_s = [f for f in flashes_s if f > silent_s[-1] + 1.5]
    assert late_s and all(min(abs(f - t) for t in tones_s) < STEP_S for f in late_s)


def test_a_recording_whose_camera_is_lost_for_ever_stops_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    try:
        bench.begin()
        bench.clock.sleep_s(1.0)
        bench.no_camera.set()
        bench.no_microphone.set()
        bench.until(CameraLost)
        bench.clock.sleep_s(1.0)
        stopped_ns = bench.stop()
        bench.recorder.disarm(stopped_ns)
        bench.until(RecordingClosed)
    finally:
        bench.close()
    (clip,) = bench.store.journal.clips()
    assert clip.end_reason is EndReason.STOP and (clip.frames_dropped or 0) >= 0.6 * RATE_HZ
    stop_s = (
        stopped_ns + bench.clock.utc_ns() - bench.clock.monotonic_ns() - clip.start_utc_ns
    ) / (NS_PER_S)
    assert (clip.duration_ns or 0) / NS_PER_S == pytest.approx(stop_s, abs=0.4)
    assert bench.reported(CaptureFailed) == [] and check(tmp_path, bench.store.journal) == []
    bench.store.close()
