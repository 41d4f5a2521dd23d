"""`kill -9` of a recording camera at random moments: every clip opens, and little is lost.

A part of `scripts/soak recorder`. Some cameras record side by side, each on a store of its own;
in most tries all of the camera is killed at once, in others one of its two processes.
"""

import math
import random
import statistics
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError

from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.evidence.repair import repair
from bwv_device.evidence.store import Store
from hal.interfaces.clock import NS_PER_S
from tests.bench.report import Row, at_most
from tests.bench.settings import Settings
from tests.soak.kills import decodes_whole
from tests.soak.plain_recorder import NAME
from tests.soak.recorder_victim import Killed, kill_camera, kill_plain

KILLS = 200
SIDE_BY_SIDE = 3
"""More of them would wait for a core, and lose what a camera of its own does not. Those whose
recorder is killed run alone: how soon it is back is timed."""
_LAST_KILL_S = 3.0
_PLAIN_OF_KILLS = 10
"""One plain MP4 is killed for so many kills of the camera."""
MIX = (*["group"] * 7, *["media"] * 2, "agent")
"""Victims of ten kills: all of the camera in most, one of its two processes in the others."""
_BACK_S = 2.0
_ENDS = {
    "group": EndReason.RECOVERED,
    "media": EndReason.RECOVERED,
    "agent": EndReason.FAULT,
}
"""Why the clip ends that was being recorded: a recorder without its agent closes it whole."""


@dataclass(frozen=True)
class Try:
    """A kill that is to happen."""

    victim: str
    after_s: float


@dataclass(frozen=True)
class Aftermath:
    """What one kill left, when the store had been opened again."""

    killed: Killed
    unborn: bool
    """No fragment was whole yet; there is nothing to keep."""
    decoded: bool
    """Every clip of the recording opens and decodes, all frames that the journal counts."""
    ends_right: bool
    """The clip that was cut off says so."""
    back_s: float
    """From the kill to the first frame of the clip behind it; infinite where there is none."""
    loss_s: float
    """From the end of what was kept to the kill, and not less than nothing."""


@dataclass(frozen=True)
class Plain:
    """What a kill left of a plain MP4."""

    opens: bool
    loss_s: float


def rows(settings: Settings) -> list[Row]:
    """Kill as often as asked, and look at what is left."""
    chance, times = random.Random(settings.seed), settings.tries(KILLS)
    tries = [
        Try(MIX[number % len(MIX)], chance.uniform(0.0, _LAST_KILL_S)) for number in range(times)
    ]
    timed = [each for each in tries if each.victim == "media"]
    others = [each for each in tries if each.victim != "media"]
    shares = [others[first::SIDE_BY_SIDE] for first in range(SIDE_BY_SIDE)]
    with tempfile.TemporaryDirectory(prefix="bwv-kills-") as folder:
        stores = [Path(folder) / f"camera-{number}" for number in range(len(shares) + 1)]
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            killed = list(pool.map(_kill_all, stores, shares))
        killed.append(_kill_all(stores[-1], timed))
        plain = [_kill_plain(Path(folder), each) for each in tries[::_PLAIN_OF_KILLS]]
        looked = [look(store, kills) for store, kills in zip(stores, killed, strict=True) if kills]
    left = [each for aftermaths, _ in looked for each in aftermaths]
    return _rows(left, sum(wrong for _, wrong in looked), plain)


def _kill_all(store: Path, tries: Sequence[Try]) -> list[Killed]:
    return [kill_camera(each.victim, store, each.after_s) for each in tries]


def _kill_plain(parent: Path, one: Try) -> Plain:
    with tempfile.TemporaryDirectory(dir=parent) as name:
        kill_plain(Path(name), one.after_s)
        try:
            with av.open(str(Path(name) / NAME)) as container:
                frames = sum(1 for _ in container.decode(video=0))
        except FFmpegError:
            return Plain(False, one.after_s)
        return Plain(frames > 0, 0.0)


def look(folder: Path, killed: Sequence[Killed]) -> tuple[list[Aftermath], int]:
    """Open the store as the next start does; what each kill left, and how often the journal and
    the files disagree."""
    store = Store.open(folder)
    try:
        repair(store)
        recordings = sorted(store.journal.recordings(), key=lambda each: each.id)
        if len(recordings) != len(killed):
            raise ValueError(f"{len(killed)} kills, {len(recordings)} recordings in the journal")
        left = [
            _aftermath(folder, kill, store.journal.clips(recording.id))
            for kill, recording in zip(killed, recordings, strict=True)
        ]
        found = check(folder, store.journal)
    finally:
        store.close()
    return left, sum(each.severity is Severity.WRONG for each in found)


def _aftermath(folder: Path, killed: Killed, clips: Sequence[Clip]) -> Aftermath:
    kept = [clip for clip in clips if clip.state is ClipState.FINALISED]
    cut = clips[0]
    end_ns = cut.start_utc_ns + (cut.duration_ns or 0)
    back_ns = [clip.start_utc_ns - killed.at_utc_ns for clip in clips[1:]]
    return Aftermath(
        killed,
        unborn=cut.end_reason is EndReason.NOTHING_RECORDED,
        decoded=bool(kept)
        and all(decodes_whole(folder / clip.file, clip.frames or 0) for clip in kept),
        ends_right=cut.end_reason is _ENDS[killed.victim],
        back_s=min(back_ns, default=math.inf) / NS_PER_S,
        loss_s=max(0.0, (killed.at_utc_ns - end_ns) / NS_PER_S),
    )


def _rows(left: Sequence[Aftermath], wrong: int, plain: Sequence[Plain]) -> list[Row]:
    losses_s = sorted(each.loss_s for each in left)
    plain_losses_s = sorted(each.loss_s for each in plain)
    born = sum(not each.unborn for each in left)
    opened = round(len(left) * sum(each.opens for each in plain) / len(plain))
    return [
        Row("kills of a recording camera", len(left)),
        *(
            Row(f"  of {what}", len(_of(victim, left)))
            for victim, what in (
                ("group", "all its processes at once"),
                ("media", "its recorder alone"),
                ("agent", "its agent alone"),
            )
        ),
        Row("  of a plain MP4, for comparison", len(plain)),
        Row("kills before the first fragment was whole", len(left) - born),
        _all("clips that open and decode whole", [each.decoded for each in left], born, opened),
        _all("clips that say why they end", [each.ends_right for each in left], born),
        Row("disagreements of journal and files", wrong, limit=0, ok=wrong == 0),
        Row("loss, median", losses_s[len(losses_s) // 2], "s", None,
            plain_losses_s[len(plain) // 2]),
        at_most("loss, worst", losses_s[-1], "s", 1.0, plain_losses_s[-1]),
        *(
            at_most(f"recorder alone killed: until it records again, {name}", of(backs_s), "s",
                    _BACK_S)
            for name, of in (("median", statistics.median), ("worst", max))
            if (backs_s := [each.back_s for each in _of("media", left)])
        ),
    ]  # fmt: skip


def _of(victim: str, left: Sequence[Aftermath]) -> list[Aftermath]:
    return [each for each in left if each.killed.victim == victim]


def _all(what: str, are: Sequence[bool], expected: int, baseline: int | None = None) -> Row:
    return Row(what, sum(are), "", expected, baseline, ok=sum(are) == expected)
