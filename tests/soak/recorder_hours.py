"""Hours of recording and a thousand triggers: memory, handles and threads stay as they were.

A part of `scripts/soak recorder`. The recorder runs in simulated time, in a process of its own
for each of the two.
"""

import json
import subprocess
import sys
from dataclasses import asdict

from tests.bench.report import Row, at_most
from tests.bench.settings import Settings
from tests.soak.recorder_marathon import PRE_RECORD_S, Job, Sample

_CHILD = "from tests.soak.recorder_marathon import main; main()"
HOURS, CYCLES = 8, 1000
_S_PER_H = 3600.0
_MOST_GROWTH = 1.05
MB = 1e6


def rows(settings: Settings) -> list[Row]:
    """The long recording, then the many short ones."""
    record_s = settings.length_s(HOURS * _S_PER_H)
    long = Job(recordings=1, record_s=record_s, pause_s=0, split_s=record_s / 48, samples=HOURS)
    tenth = max(1, settings.tries(CYCLES) // 10)
    many = Job(recordings=10 * tenth, record_s=2.0, pause_s=1.0, split_s=3600, samples=10)
    hours = f"{record_s / _S_PER_H:.3g} h of recording"
    return [
        *growth_rows(hours, "eighth", long, run(long)),
        *growth_rows(f"{many.recordings} triggers", "tenth", many, run(many)),
    ]


def run(job: Job) -> list[Sample]:
    """Do it in a fresh process; its samples."""
    command = [sys.executable, "-c", _CHILD, json.dumps(asdict(job))]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return [Sample(**sample) for sample in json.loads(told)]


def growth_rows(what: str, part: str, job: Job, samples: list[Sample]) -> list[Row]:
    """The last sample beside the first one."""
    first, last = samples[0], samples[-1]
    most = max(sample.resident_bytes for sample in samples)
    return [
        Row(f"{what}: clips closed", last.clips),
        Row(f"{what}: frames recorded", last.frames),
        _none(f"{what}: frames lost", last.lost),
        _none(f"{what}: failures reported", last.troubles),
        _none(f"{what}: clips missing", _clips_due(job) - last.clips),
        Row(f"{what}: memory after the last {part}", last.resident_bytes / MB, "MB", None,
            first.resident_bytes / MB),
        Row(f"{what}: most memory at the end of any {part}", most / MB, "MB"),
        at_most(f"{what}: memory, last {part} / first", last.resident_bytes / first.resident_bytes,
                "", _MOST_GROWTH, 1.0),
        _same(f"{what}: open handles", last.handles, first.handles),
        _same(f"{what}: threads", last.threads, first.threads),
        Row(f"{what}: objects of the interpreter", last.objects, "", None, first.objects),
    ]  # fmt: skip


def _clips_due(job: Job) -> int:
    """Clips that are closed at the last sample: all but the one that is being recorded."""
    if job.recordings > 1:
        return job.recordings - 1
    return int((job.record_s + PRE_RECORD_S - 1) / job.split_s)


def _none(what: str, count: int) -> Row:
    return Row(what, count, limit=0, ok=count == 0)


def _same(what: str, last: int, first: int) -> Row:
    """A count that must be what it was after the first part of the run."""
    return Row(what, last, limit=first, baseline=first, ok=last <= first)
