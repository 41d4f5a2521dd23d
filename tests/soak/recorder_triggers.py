"""Triggers at random moments: no frame and no packet of sound lost or doubled, ring to stop.

A part of `scripts/soak recorder`. A whole recorder in simulated time, in front of pictures that
carry their number; every clip is decoded, and what it holds is compared with what was captured.
"""

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from hal.interfaces.clock import NS_PER_S
from tests.bench.recorder_footage import memory_folder
from tests.bench.report import Row, at_least, at_most
from tests.soak.recorder_settings import Settings
from tests.soak.recorder_verdict import Verdict, judge
from tests.support.lockstep import TROUBLES, Lockstep, Scenery, recorder_in

TRIGGERS = 200
PRE_RECORD_S, SPLIT_S = 3.0, 2.0
MODE = CameraMode(320, 240, Fraction(30), PixelFormat.I420)
SOUND_HZ = 48_000
_A_SESSION = 10
"""Triggers from switching on to switching off."""
_FIRST_S, _EVENT_S, _PAUSE_S, _OFF_S = 6.0, 7.0, 2.0, 5.0
"""The longest times to the first trigger, from trigger to stop, from there to the next trigger,
and, beside a second, switched off."""
_SHORTEST_NS = NS_PER_S // 10
"""An event in which there is a frame, also right behind switching on."""
_SHORT_PAUSE_S = 0.03
"""Every other pause is shorter than this: the clip before is still open at the trigger."""
_LATE_S, _VERY_LATE_S = 0.01, 0.09
"""So long a press may take to the recorder, most times and sometimes; a stop is exact up to
100 ms."""


@dataclass(frozen=True)
class Wish:
    """A recording that the wearer makes; instants in nanoseconds of the monotonic clock."""

    on_ns: int
    """Since when the camera has been on."""
    trigger_ns: int
    stop_ns: int
    begin_handled_ns: int
    end_handled_ns: int


@dataclass(frozen=True)
class Spell:
    """From switching on to switching off."""

    on_ns: int
    off_ns: int
    wishes: tuple[Wish, ...]


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
        *_rows(verdicts),
        _none("failures reported", [len(troubles)]),
    ]


def plan(tries: int, chance: random.Random) -> list[Spell]:
    """What the wearer does."""
    spells: list[Spell] = []
    now_ns = NS_PER_S
    while (left := tries - sum(len(spell.wishes) for spell in spells)) > 0:
        spells.append(_spell(now_ns, min(left, _A_SESSION), chance))
        now_ns = spells[-1].off_ns + NS_PER_S + _draw(chance, _OFF_S)
    return spells


def _spell(on_ns: int, tries: int, chance: random.Random) -> Spell:
    wishes: list[Wish] = []
    handled_ns, trigger_ns = on_ns, on_ns + _draw(chance, _FIRST_S)
    for _ in range(tries):
        stop_ns = trigger_ns + _SHORTEST_NS + _draw(chance, _EVENT_S)
        late_s = _VERY_LATE_S if chance.random() < 0.2 else _LATE_S
        # What a wearer does reaches the recorder late, but in its order.
        begin_ns = max(handled_ns, trigger_ns + _draw(chance, late_s))
        handled_ns = max(begin_ns, stop_ns + _draw(chance, late_s))
        wishes.append(Wish(on_ns, trigger_ns, stop_ns, begin_ns, handled_ns))
        pause_s = _SHORT_PAUSE_S if chance.random() < 0.5 else _PAUSE_S
        trigger_ns = stop_ns + _draw(chance, pause_s)
    return Spell(on_ns, handled_ns + NS_PER_S, tuple(wishes))


def _draw(chance: random.Random, most_s: float) -> int:
    return chance.randrange(1, round(most_s * NS_PER_S))


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


def _rows(verdicts: Sequence[Verdict]) -> list[Row]:
    full = [each for each in verdicts if each.could_be_full]
    surplus_s = [each.delivered_s - PRE_RECORD_S for each in full]
    unexplained = sum(each.is_unexplained for each in verdicts)
    return [
        Row("  while the clip before was still open", sum(each.overlaps for each in verdicts)),
        Row("  splits within their recordings", sum(each.clips - 1 for each in verdicts)),
        Row("frames decoded", sum(each.frames for each in verdicts)),
        _none("frames lost at joints, splits and stops", [each.lost for each in verdicts]),
        _none("frames doubled, out of order or unreadable", [each.wrong for each in verdicts]),
        _none("frames from behind a stop", [each.behind_stop for each in verdicts]),
        _none("packets of sound lost or doubled", [each.sound_wrong for each in verdicts]),
        _none("disagreements with the journal", [each.journal_wrong for each in verdicts]),
        Row("triggers when the camera had been on long enough", len(full)),
        at_least("  pre-record beyond what was asked, least", min(surplus_s), "s", 0.0),
        at_most("  pre-record beyond what was asked, most", max(surplus_s), "s", 1.0),
        _none("shorter pre-records that miss captured frames or their reason", [unexplained]),
    ]


def _none(what: str, counts: Sequence[int]) -> Row:
    return Row(what, sum(counts), limit=0, ok=sum(counts) == 0)
