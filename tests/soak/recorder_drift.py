"""One hour with a microphone whose clock is off: sound and picture stay in step, in every clip.

A part of `scripts/soak recorder`. A whole recorder in simulated time, once with a fast and once
with a slow microphone, each in a process of its own; every clip is decoded, and each flash is
held against its tone. Beside it: what counting samples alone would have come to.
"""

import multiprocessing
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from bwv_device.configuration.keeping import Recording as SplitRule
from bwv_device.configuration.keeping import Storage
from bwv_device.configuration.media import PreRecord, Video
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.records import EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.messages import Report
from hal.drivers.camera.scene import ScenePicture
from hal.drivers.scene_code import tone_second
from hal.interfaces.camera import CameraMode, PixelFormat
from hal.interfaces.clock import NS_PER_S
from tests.bench.recorder_footage import memory_folder
from tests.bench.report import Row, at_most
from tests.bench.settings import Settings
from tests.soak.drifting_scenery import DriftingScenery
from tests.soak.in_step import Beat, look_at, tone_behind
from tests.support.lockstep import TROUBLES, UTC_OFFSET_NS, Lockstep, recorder_in
from tests.support.measure import Sound

HOUR_S, OFF_PPM = 3600.0, 200.0
STEP_MS, TICK_MS, DRIFT_PPM = 20.0, 1000 / 90_000, 1.0
CLIPS = 4
MODE = CameraMode(160, 144, Fraction(10), PixelFormat.I420)
SOUND_HZ: Final = 48_000
PRE_RECORD_S = 10.0
START_NS = 3 * NS_PER_S // 2
"""Between two full seconds: key frames, and with them splits, come where no flash is."""
_WARM_S = 15.0
_LOOK_S = 60.0
"""The length of what is called start, middle and end, or a tenth of the whole."""
_WITHOUT_COUNT_S = 3.0


@dataclass(frozen=True)
class Run:
    """One recording, as its files have it."""

    ppm: float
    length_s: float
    beats: list[Beat]
    counted: list[Beat]
    """At the start, in the middle and at the end: without any correction."""
    picture_error_s: float
    frames_wrong: int
    """Missing, doubled or unreadable."""
    beats_missing: int
    drifts_ppm: list[float | None]
    """As the clips state it."""
    troubles: int


def rows(settings: Settings) -> list[Row]:
    """Record at both signs, side by side, and judge the files."""
    length_s = max(60.0, settings.length_s(HOUR_S))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        going = partial(run, length_s=length_s, seed=settings.seed)
        return rows_of(list(pool.map(going, (OFF_PPM, -OFF_PPM))))


def rows_of(runs: Sequence[Run]) -> list[Row]:
    """What the runs say."""
    length_s = runs[0].length_s
    length = "one hour" if length_s == HOUR_S else f"{length_s:.0f} s"
    worst_ms = max(_worst_ms(run.beats) for run in runs)
    counted_ms = max(_worst_ms(run.counted) for run in runs)
    what = f"sound against picture, worst over {length} at +/-{OFF_PPM:.0f} ppm"
    drift_ppm = max(abs((run.drifts_ppm[-1] or 0.0) - run.ppm) for run in runs)
    picture_ms = max(run.picture_error_s for run in runs) * 1000
    return [
        at_most(what, worst_ms, "ms", STEP_MS, counted_ms),
        *(row for run in runs for row in _parts(run)),
        Row("  flashes held against their tones", sum(len(run.beats) for run in runs)),
        _none("  flashes without a tone, or not there", [run.beats_missing for run in runs]),
        at_most("pictures against their capture times, worst", picture_ms, "ms", TICK_MS),
        _none("frames lost, doubled or unreadable", [run.frames_wrong for run in runs]),
        at_most("drift stated in the last clip, farthest off", drift_ppm, "ppm", DRIFT_PPM),
        Row("  clips", sum(len(run.drifts_ppm) for run in runs)),
        Row("  of them without a drift", sum(run.drifts_ppm.count(None) for run in runs)),
        _none("failures reported", [run.troubles for run in runs]),
    ]


def _parts(run: Run) -> list[Row]:
    """Start, middle and end of one run, beside the count."""
    span_s = min(_LOOK_S, run.length_s / 10)
    first_s, last_s = run.beats[0].at_s, run.beats[-1].at_s
    places = (first_s, (first_s + last_s - span_s) / 2, last_s - span_s)
    return [
        Row(
            f"  {run.ppm:+.0f} ppm, {name}",
            _worst_ms([beat for beat in run.beats if at_s <= beat.at_s <= at_s + span_s]),
            "ms",
            baseline=_worst_ms([counted]),
        )
        for name, at_s, counted in zip(("start", "middle", "end"), places, run.counted, strict=True)
    ]


def _worst_ms(beats: Sequence[Beat]) -> float:
    """A beat without a tone is told elsewhere; none at all is no figure."""
    found = [abs(beat.late_s) * 1000 for beat in beats if beat.late_s is not None]
    return max(found, default=float("inf"))


def _none(what: str, counts: Sequence[int]) -> Row:
    return Row(what, sum(counts), limit=0, ok=sum(counts) == 0)


def run(ppm: float, *, length_s: float, seed: int) -> Run:
    """Record for `length_s`, in simulated time, and look at every clip."""
    picture = ScenePicture(MODE.width_px, MODE.height_px, MODE.rate_hz)
    second = tone_second(SOUND_HZ)[:, None]
    scenery = DriftingScenery(MODE, picture.draw, second, ppm=ppm, seed=seed, start_ns=START_NS)
    told: list[Report] = []
    with memory_folder() as memory, tempfile.TemporaryDirectory(dir=memory) as folder:
        trigger_ns = _record(Path(folder), scenery, length_s, told)
        return _judge(Path(folder), scenery, trigger_ns, length_s, told)


def _record(folder: Path, scenery: DriftingScenery, length_s: float, told: list[Report]) -> int:
    """One recording; the instant of its trigger."""
    world, store = Lockstep(scenery, START_NS), Store.open(folder)
    trigger_ns = START_NS + round(_WARM_S * NS_PER_S)
    stop_ns = trigger_ns + round(length_s * NS_PER_S)
    settings = configuration(folder, length_s / CLIPS)
    try:
        with recorder_in(world, settings, store, told.append) as recorder:
            world.do_at(trigger_ns, partial(recorder.begin, trigger_ns, "Button"))
            stop = partial(recorder.end, stop_ns, "Button", EndReason.STOP)
            world.do_at(stop_ns, stop)
            world.session(recorder, stop_ns + NS_PER_S)
    finally:
        store.close()
    return trigger_ns


def _judge(
    folder: Path,
    scenery: DriftingScenery,
    trigger_ns: int,
    length_s: float,
    told: Sequence[Report],
) -> Run:
    store = Store.open(folder)
    clips = store.journal.clips()
    trigger_s = trigger_ns / NS_PER_S
    found = [
        look_at(
            store.path(clip),
            (clip.start_utc_ns - UTC_OFFSET_NS) / NS_PER_S,
            trigger_s,
            lambda number: scenery.frame_at_ns(number) / NS_PER_S,
        )
        for clip in clips
    ]
    store.close()
    beats = [beat for each in found for beat in each.beats]
    numbers = [number for each in found for number in each.numbers]
    return Run(
        ppm=scenery.ppm,
        length_s=length_s,
        beats=beats,
        counted=[
            _counted(scenery, trigger_s, trigger_s + at_s)
            for at_s in (2.0, length_s / 2, length_s - 2.0)
        ],
        picture_error_s=max(each.picture_error_s for each in found),
        frames_wrong=_wrong(numbers, scenery, trigger_ns, length_s),
        beats_missing=sum(beat.late_s is None for beat in beats)
        + max(0, _seconds_due(trigger_s, length_s, len(clips)) - len(beats)),
        drifts_ppm=[clip.drift_ppm for clip in clips],
        troubles=sum(isinstance(report, TROUBLES) for report in told),
    )


def _counted(scenery: DriftingScenery, trigger_s: float, at_s: float) -> Beat:
    """A tone where the count of samples alone puts it, if it was right at the trigger."""
    second = float(round(at_s))
    first = scenery.block_at(second - _WITHOUT_COUNT_S / 2)
    last = scenery.block_at(second + _WITHOUT_COUNT_S / 2)
    samples = np.concatenate([scenery.block(n).samples[:, 0] for n in range(first, last)])
    begin_s = scenery.count_s(first * scenery.block_samples) - _error_at(scenery, trigger_s)
    # The flash is looked for where the tone is: the count may be seconds off.
    off_s = begin_s - scenery.block_end_ns(first - 1) / NS_PER_S
    late_s = tone_behind(Sound(begin_s - off_s, SOUND_HZ, samples), second)
    return Beat(second, None if late_s is None else late_s + off_s)


def _error_at(scenery: DriftingScenery, at_s: float) -> float:
    """How far the count is off at an instant."""
    block = scenery.block_at(at_s)
    return scenery.count_s(block * scenery.block_samples) - (
        scenery.block_end_ns(block - 1) / NS_PER_S
    )


def _wrong(
    numbers: Sequence[int | None], scenery: DriftingScenery, trigger_ns: int, length_s: float
) -> int:
    """Frames that are not there once each, in order, from the first one to the stop."""
    read = [number for number in numbers if number is not None]
    if not read:
        return len(numbers) + 1
    jumps = sum(abs(after - before - 1) for before, after in pairwise(read))
    behind = scenery.first_frame_from(trigger_ns + round(length_s * NS_PER_S))
    return len(numbers) - len(read) + jumps + abs(behind - 1 - read[-1])


def _seconds_due(trigger_s: float, length_s: float, clips: int) -> int:
    """Full seconds from trigger to stop; each end and each split may hide one."""
    return int(trigger_s + length_s) - int(trigger_s) - 1 - clips


def configuration(folder: Path, split_after_s: float) -> Configuration:
    """The default sound, and the smallest picture whose number can be read."""
    video = Video(
        width_px=MODE.width_px,
        height_px=MODE.height_px,
        rate_hz=float(MODE.rate_hz),
        bitrate_bps=200_000,
        preset="ultrafast",
        overlay=True,
    )
    return Configuration().model_copy(
        update={
            "video": video,
            "pre_record": PreRecord(length_s=PRE_RECORD_S),
            "recording": SplitRule(split_after_s=split_after_s),
            "storage": Storage.model_construct(folder=folder, reserve_bytes=0),
        }
    )
