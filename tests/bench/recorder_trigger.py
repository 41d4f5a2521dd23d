"""From the button to the red light, the beep and the disk, and what the clips then hold.

Used by the benchmark of the recorder. The camera runs in a process of its own, at 720p30 on the
generated scene, whose frames tell their number.
"""

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bwv_device.evidence.boxes import whole_boxes
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip
from hal.interfaces.clock import NS_PER_S
from tests.bench.recorder_machine import HandOvers
from tests.bench.recorder_syncs import Sync
from tests.bench.recorder_wearer import Observed
from tests.bench.report import Row, at_least, at_most
from tests.support.measure import measure

_CHILD = "from tests.bench.recorder_wearer import main; main()"
NS_PER_MS = 1_000_000
SEED = 1


@dataclass(frozen=True)
class Delivered:
    """Of one trigger, in seconds and frames."""

    asked_s: float
    delivered_s: float
    lost: int
    doubled: int
    dropped: int


def trigger_rows(times: int) -> list[Row]:
    """Press `times` times, then measure."""
    with tempfile.TemporaryDirectory(prefix="bwv-bench-") as name:
        folder = Path(name)
        with HandOvers() as machine:
            observed = _wear(folder, times)
        clips = _clips(folder / "store")
        if len(clips) != times:
            raise SystemExit(f"{times} triggers made {len(clips)} clips")
        rows = [Row("triggers, 720p30, at random moments", times)]
        red, beeps = (_delays(observed, each) for each in (observed.red_ns, observed.beeps_ns))
        rows += _latency("trigger to red light command", red, 10, machine.taken_ns)
        rows += _latency("trigger to beep command", beeps, 10, machine.taken_ns)
        rows += _synced_rows(folder / "store", observed, clips)
        rows += _delivered_rows([_delivered(folder / "store", clip) for clip in clips])
    return rows


def _wear(folder: Path, times: int) -> Observed:
    command = [sys.executable, "-c", _CHILD, str(folder), str(times), str(SEED)]
    told = subprocess.run(command, stdout=subprocess.PIPE, stderr=sys.stderr, check=True).stdout
    values = json.loads(told)
    values["syncs"] = [Sync(**sync) for sync in values["syncs"]]
    return Observed(**values)


def _clips(store: Path) -> list[tuple[Clip, int]]:
    """The first clip of each recording, in order, with the nanoseconds that were asked."""
    journal = Journal.open(store)
    try:
        return [
            (journal.clips(recording.id)[0], recording.pre_record_asked_ns)
            for recording in sorted(journal.recordings(), key=lambda each: each.id)
        ]
    finally:
        journal.close()


def _delays(observed: Observed, answers_ns: list[int]) -> list[int]:
    """From each trigger to the first answer behind it."""
    return [
        min((at_ns for at_ns in answers_ns if at_ns >= trigger_ns), default=trigger_ns + NS_PER_S)
        - trigger_ns
        for trigger_ns in observed.triggers_ns
    ]


def _synced_rows(store: Path, observed: Observed, clips: list[tuple[Clip, int]]) -> list[Row]:
    """Up to the return of the sync that put the first fragment on the disk; beside it what the
    disk alone takes for as much, and the same without what the keeper waited for the disk:
    syncs of files and folders, and transactions of the journal."""
    delays, in_disk = [], []
    for trigger_ns, (clip, _) in zip(observed.triggers_ns, clips, strict=True):
        path = store / clip.file
        first = _first_fragment(path, observed.syncs)
        delays.append(first.end_ns - trigger_ns)
        syncs = [sync for sync in observed.syncs if trigger_ns <= sync.begin_ns <= first.begin_ns]
        in_disk.append(sum(sync.end_ns - sync.begin_ns for sync in syncs))
    alone = [delay - disk for delay, disk in zip(delays, in_disk, strict=True)]
    plain = observed.plain_ns
    return [
        *_latency("trigger to first synced fragment", delays, 50, plain),
        Row("  its worst", max(delays) / NS_PER_MS, "ms", None, max(plain) / NS_PER_MS),
        Row("  without its waits for the disk, p50", _percentile(alone, 50), "ms"),
        Row("  without its waits for the disk, p99", _percentile(alone, 99), "ms"),
    ]


def _first_fragment(path: Path, syncs: list[Sync]) -> Sync:
    """The first sync after which the file had its first whole fragment."""
    data = memoryview(path.read_bytes())
    end = next(box.end for box in whole_boxes(data) if box.type == b"mdat")
    return next(sync for sync in syncs if sync.path == str(path) and sync.size >= end)


def _delivered(store: Path, clip_and_asked: tuple[Clip, int]) -> Delivered:
    clip, asked_ns = clip_and_asked
    numbers = measure(store / clip.file).numbers
    if None in numbers or len(numbers) != clip.frames:
        raise SystemExit(f"{clip.file} has pictures that can't be read, or another number of them")
    steps = [after - before for before, after in pairwise(n for n in numbers if n is not None)]
    return Delivered(
        asked_ns / NS_PER_S,
        clip.pre_record_delivered_ns / NS_PER_S,
        sum(max(0, step - 1) for step in steps),
        sum(step <= 0 for step in steps),
        clip.frames_dropped or 0,
    )


def _delivered_rows(all_of_them: list[Delivered]) -> list[Row]:
    surplus_s = [each.delivered_s - each.asked_s for each in all_of_them]
    lost = sum(each.lost for each in all_of_them)
    doubled = sum(each.doubled for each in all_of_them)
    dropped = sum(each.dropped for each in all_of_them)
    return [
        at_least("pre-record beyond what was asked, least", min(surplus_s), "s", 0.0),
        at_most("pre-record beyond what was asked, most", max(surplus_s), "s", 1.0),
        Row("frames lost from ring to stop", lost, limit=0, ok=lost == 0),
        Row("frames doubled from ring to stop", doubled, limit=0, ok=doubled == 0),
        Row("frames that the journal counts as dropped", dropped, limit=lost, ok=dropped == lost),
    ]


def _latency(
    what: str, delays_ns: list[int], limit_ms: float, baseline_ns: Sequence[int] = ()
) -> list[Row]:
    """Median and 99th percentile, which has the limit."""
    p50, p99 = (_percentile(baseline_ns, share) if baseline_ns else None for share in (50, 99))
    return [
        Row(f"{what}, p50", _percentile(delays_ns, 50), "ms", None, p50),
        at_most(f"{what}, p99", _percentile(delays_ns, 99), "ms", limit_ms, p99),
    ]


def _percentile(values_ns: Sequence[int], share: float) -> float:
    """The smallest value that `share` percent of all do not exceed, in ms."""
    rank = max(1, math.ceil(len(values_ns) * share / 100))
    return sorted(values_ns)[rank - 1] / NS_PER_MS
