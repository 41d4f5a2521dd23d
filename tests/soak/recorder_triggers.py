"""Triggers at random moments: no frame and no packet of sound lost or doubled, ring to stop.

A part of `scripts/soak recorder`. A whole recorder in simulated time, in front of pictures that
carry their number; every clip is decoded, and what it holds is compared with what was captured.
"""

import random
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

from bwv_device.configuration.keeping import Recording as SplitRule
from bwv_device.configuration.keeping import Storage
from bwv_device.configuration.media import PreRecord, Video
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.records import EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.messages import Report
from bwv_device.media.recorder import Recorder
from hal.drivers.camera.scene import ScenePicture
from hal.drivers.scene_code import tone_second
from hal.interfaces.camera import CameraMode, PixelFormat
from tests.bench.recorder_footage import memory_folder
from tests.bench.report import Row, at_least, at_most
from tests.bench.settings import Settings
from tests.soak.recorder_baseline import Baseline, delay_line
from tests.soak.recorder_plan import PRE_RECORD_S, Spell, Wish, plan
from tests.soak.recorder_verdict import Verdict, judge
from tests.support.lockstep import TROUBLES, Lockstep, Scenery, recorder_in

TRIGGERS = 200
SPLIT_S = 2.0
MODE = CameraMode(320, 240, Fraction(30), PixelFormat.I420)
SOUND_HZ = 48_000


def rows(settings: Settings) -> list[Row]:
    """Trigger as often as asked, then decode everything."""
    tries = settings.tries(TRIGGERS)
    with memory_folder() as folder, tempfile.TemporaryDirectory(dir=folder) as store:
        spells = plan(tries, random.Random(settings.seed))
        told: list[Report] = []
        record(Path(store), spells, told.append)
        verdicts = judge(Path(store), [wish for spell in spells for wish in spell.wishes])
    troubles = [report for report in told if isinstance(report, TROUBLES)]
    return [
        Row("triggers at random moments", tries),
        *_rows(verdicts, delay_line(spells)),
        _none("failures reported", [len(troubles)]),
    ]


def record(folder: Path, spells: Sequence[Spell], heard: Callable[[Report], None]) -> None:
    """Record all of it into a store in `folder`; `heard` gets the recorder's reports."""
    store = Store.open(folder)
    picture = ScenePicture(MODE.width_px, MODE.height_px, MODE.rate_hz)
    world = Lockstep(Scenery(MODE, picture.draw, tone_second(SOUND_HZ)[:, None]))
    try:
        with recorder_in(world, configuration(folder), store, heard) as recorder:
            for spell in spells:
                world.clock.advance_ns(spell.on_ns - world.clock.monotonic_ns())
                for wish in spell.wishes:
                    _put_in(world, recorder, wish)
                world.session(recorder, spell.off_ns)
    finally:
        store.close()


def _put_in(world: Lockstep, recorder: Recorder, wish: Wish) -> None:
    world.do_at(wish.begin_handled_ns, partial(recorder.begin, wish.trigger_ns, "Button"))
    stop = partial(recorder.end, wish.stop_ns, "Button", EndReason.STOP)
    world.do_at(wish.end_handled_ns, stop)


def configuration(folder: Path) -> Configuration:
    """The default camera, with small pictures and clips shorter than one may configure."""
    video = Video(
        width_px=MODE.width_px, height_px=MODE.height_px, bitrate_bps=600_000, preset="ultrafast"
    )
    return Configuration().model_copy(
        update={
            "video": video,
            "pre_record": PreRecord(length_s=PRE_RECORD_S),
            "recording": SplitRule.model_construct(split_after_s=SPLIT_S, split_bytes=1 << 40),
            "storage": Storage.model_construct(folder=folder, reserve_bytes=0),
        }
    )


def _rows(verdicts: Sequence[Verdict], others: Baseline) -> list[Row]:
    """The baseline is picamera2's `CircularOutput2`."""
    full = [each for each in verdicts if each.could_be_full]
    surplus_s = [each.delivered_s - PRE_RECORD_S for each in full]
    theirs_s = [each_s - PRE_RECORD_S for each_s in others.delivered_s]
    unexplained = sum(each.is_unexplained for each in verdicts)
    return [
        Row("  while the clip before was still open", sum(each.overlaps for each in verdicts)),
        Row("  splits within their recordings", sum(each.clips - 1 for each in verdicts)),
        Row("frames decoded", sum(each.frames for each in verdicts)),
        _none("frames lost at joints, splits and stops", [each.lost for each in verdicts],
              others.lost),
        _none("frames doubled, out of order or unreadable", [each.wrong for each in verdicts]),
        _none("frames from behind a stop", [each.behind_stop for each in verdicts]),
        _none("packets of sound lost or doubled", [each.sound_wrong for each in verdicts]),
        _none("disagreements with the journal", [each.journal_wrong for each in verdicts]),
        Row("triggers when the camera had been on long enough", len(full)),
        at_least("  pre-record beyond what was asked, least", min(surplus_s), "s", 0.0,
                 min(theirs_s)),
        at_most("  pre-record beyond what was asked, most", max(surplus_s), "s", 1.0,
                max(theirs_s)),
        _none("shorter pre-records that miss captured frames or their reason", [unexplained]),
    ]  # fmt: skip


def _none(what: str, counts: Sequence[int], baseline: int | None = None) -> Row:
    return Row(what, sum(counts), "", 0, baseline, ok=sum(counts) == 0)
