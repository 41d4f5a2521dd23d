"""What signing, sealing and hashing cost a recorder: CPU at 1080p30, bytes at 4 Mbit/s.

Used by `scripts/bench dock`. CPU is told in two ways. The first compares whole runs with and
without, in pairs, one right behind the other: that is the claim, and a busy machine blurs it. The
second is what the keeper's thread spent inside all of it, in the very runs that have it.
"""

import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench.dock_evidence_run import MODES
from tests.bench.recorder_cpu import Job, run_measured
from tests.bench.recorder_footage import (
    FULL_HD,
    HD,
    RATE_HZ,
    Size,
    memory_folder,
    write_pictures,
    write_sound,
)
from tests.bench.report import Row, at_most
from tests.bench.settings import Settings

PAIRS, SECONDS_S, LEAST_S = 7, 30.0, 8.0
RATIO_LIMIT, BITRATE_LIMIT_PERCENT = 1.02, 1.0
_SPARE_SOUND_S = 5
_CHILD = "from tests.bench.dock_evidence_run import main; main()"


@dataclass(frozen=True)
class Pair:
    """One run of each. CPU seconds of the whole process, without its start."""

    with_s: float
    without_s: float
    inside_s: float
    """Of `with_s`, what was spent inside signing, sealing, chain and digests."""

    @property
    def ratio(self) -> float:
        return self.with_s / self.without_s

    @property
    def ratio_inside(self) -> float:
        """What the run with everything would have come to without it."""
        return self.with_s / (self.with_s - self.inside_s)


def rows(settings: Settings) -> list[Row]:
    """CPU and bytes; each with its limit."""
    seconds_s = max(LEAST_S, settings.length_s(SECONDS_S))
    with memory_folder() as folder:
        sound = write_sound(seconds_s + _SPARE_SOUND_S, folder)
        frames = round(seconds_s * RATE_HZ)
        job = Job(FULL_HD, write_pictures(FULL_HD, folder), sound, frames)
        pairs = [_pair(job, number) for number in range(settings.tries(PAIRS))]
        job.pictures.unlink()
        small = Job(HD, write_pictures(HD, folder), sound, frames)
        return [*_cpu_rows(pairs), *_byte_rows(HD, _run("all", small)[0], seconds_s)]


def _cpu_rows(pairs: list[Pair]) -> list[Row]:
    what = f"{FULL_HD.name}: CPU with signing, sealing, hashing / without"
    ratios = sorted(pair.ratio for pair in pairs)
    inside = statistics.median(pair.ratio_inside for pair in pairs)
    return [
        at_most(f"{what}, median", statistics.median(ratios), "", RATIO_LIMIT, 1.0),
        Row(f"{what}, least", ratios[0]),
        Row(f"{what}, most", ratios[-1]),
        at_most(f"{what}, by the time spent inside", inside, "", RATIO_LIMIT, 1.0),
    ]


def _byte_rows(size: Size, told: dict[str, float], seconds_s: float) -> list[Row]:
    signing_bps = 8 * told["signed_bytes"] / seconds_s
    sealing_bps = 8 * told["sealing_bytes"] / seconds_s
    what = f"{size.name} at {size.bitrate_bps / 1e6:g} Mbit/s: bit rate added by"
    share = 100 * signing_bps / size.bitrate_bps
    sealing = 100 * sealing_bps / size.bitrate_bps
    return [
        at_most(f"{what} signatures", share, "%", BITRATE_LIMIT_PERCENT),
        Row(f"{what} signatures", signing_bps / 1e3, "kbit/s"),
        Row(f"{what} sealing", sealing, "%"),
    ]


def _pair(job: Job, number: int) -> Pair:
    """Who goes first alternates."""
    once = Job(job.size, job.pictures, job.sound, 1)
    spent: dict[str, float] = {}
    inside_s = 0.0
    for mode in MODES if number % 2 else reversed(MODES):
        told, cpu_s = _run(mode, job)
        spent[mode] = cpu_s - _run(mode, once)[1]
        inside_s += told.get("evidence_cpu_s", 0.0)
    return Pair(spent["all"], spent["none"], inside_s)


def _run(mode: str, job: Job) -> tuple[dict[str, float], float]:
    """What a run told, and its CPU seconds; SystemExit when a frame is missing uncounted."""
    with tempfile.TemporaryDirectory(prefix="bwv-bench-") as folder:
        command = [sys.executable, "-c", _CHILD, mode, job.size.name, str(job.pictures)]
        command += [str(job.sound), str(Path(folder)), str(job.frames)]
        text, cpu_s = run_measured(command)
    told: dict[str, float] = json.loads(text)
    if told["frames"] + told["dropped"] != job.frames:
        raise SystemExit(f"of {job.frames} frames the clip has {told}")
    return told, cpu_s
