"""The recorder beside other recorders' approaches, on the same footage and at the same triggers.

Used by the benchmark of the recorder. Each runs in a process of its own, one after another.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.peer_rings import PEERS
from tests.bench.recorder_footage import Size, memory_folder, write_pictures
from tests.bench.recorder_peer_run import OURS, PRE_RECORD_S, Event, Ran
from tests.bench.report import Row, at_least, at_most

EVENTS = 5
APPROACHES = (OURS, *PEERS)
_CHILD = "from tests.bench.recorder_peer_run import main; main()"
BASELINE = next(iter(PEERS))
MB = 1e6
Runs = Mapping[str, Ran]


def run_peers(size: Size, events: int) -> dict[str, Ran]:
    """Ours, then the others'."""
    with memory_folder() as folder:
        pictures = write_pictures(size, folder)
        return {approach: _run(approach, size, pictures, events) for approach in APPROACHES}


def _run(approach: str, size: Size, pictures: Path, events: int) -> Ran:
    with tempfile.TemporaryDirectory(prefix="bwv-bench-") as folder:
        command = [sys.executable, "-c", _CHILD, approach, size.name, str(pictures), folder]
        told = subprocess.run(
            [*command, str(events)], stdout=subprocess.PIPE, check=True, text=True
        ).stdout
    values = json.loads(told)
    values["events"] = [Event(**event) for event in values["events"]]
    return Ran(**values)


@dataclass(frozen=True)
class Figure:
    """Something of each event; `least` and `most` are the recorder's own limits."""

    what: str
    unit: str
    pick: Callable[[Event], float]
    least: float | None = None
    most: float | None = None


FIGURES = (
    Figure("pre-record", "s", lambda event: event.delivered_s, PRE_RECORD_S, PRE_RECORD_S + 1),
    Figure("missing at an event's end", "s", lambda event: event.missing_at_end_s, most=0.0),
    Figure("frames dropped around a trigger", "", lambda event: event.dropped, most=0),
    Figure("CPU a frame of an event", "ms", lambda event: event.cpu_ms_a_frame),
)


def peer_rows(runs: Runs, size: Size) -> list[Row]:
    """Ours with its limits, the first of the others as baseline; then each of the others."""
    asked = f"{size.name}: triggers of each approach, {PRE_RECORD_S:g} s asked"
    return [
        Row(asked, len(runs[OURS].events)),
        *(row for figure in FIGURES for row in _our_rows(figure, runs)),
        *_process_rows(OURS, runs[OURS], runs[BASELINE]),
        *(row for approach in PEERS for row in _their_rows(approach, runs[approach])),
    ]


def _our_rows(figure: Figure, runs: Runs) -> list[Row]:
    ours, theirs = (sorted(map(figure.pick, runs[name].events)) for name in (OURS, BASELINE))
    what, unit = f"{OURS}: {figure.what}", figure.unit
    least, most = f"{what}, least", f"{what}, most"
    return [
        Row(f"{what}, median", median(ours), unit, None, median(theirs)),
        Row(least, ours[0], unit, None, theirs[0])
        if figure.least is None
        else at_least(least, ours[0], unit, figure.least, theirs[0]),
        Row(most, ours[-1], unit, None, theirs[-1])
        if figure.most is None
        else at_most(most, ours[-1], unit, figure.most, theirs[-1]),
    ]


def _their_rows(approach: str, ran: Ran) -> list[Row]:
    spreads = [
        Row(f"{approach}: {figure.what}, {name}", of(map(figure.pick, ran.events)), figure.unit)
        for figure in FIGURES
        for name, of in (("median", median), ("least", min), ("most", max))
    ]
    return [*spreads, *_process_rows(approach, ran)]


def _process_rows(approach: str, ran: Ran, base: Ran | None = None) -> list[Row]:
    waiting_ms = None if base is None else base.waiting_cpu_ms_a_frame
    most_mb = None if base is None else base.most_bytes / MB
    return [
        Row(f"{approach}: CPU a frame before the trigger", ran.waiting_cpu_ms_a_frame, "ms", None,
            waiting_ms),
        Row(f"{approach}: memory of the process", ran.most_bytes / MB, "MB", None, most_mb),
    ]  # fmt: skip
