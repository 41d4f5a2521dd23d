"""Fuzzing of what reads other people's bytes: parsers by their branches, the server by requests.

A part of `scripts/soak dock`. What is fuzzed and how stands in docs/design/dock-tests.md, F. Inputs
that break something are printed; they belong into tests/fuzz/found/ once they are mended.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.bench.report import Row, at_least
from tests.bench.settings import Settings
from tests.fuzz.targets import TARGETS

CPU_S = 720.0
"""Of all together; ten minutes are asked for."""
REQUESTS = "requests"
"""The server's request handling; it gets as much as three parsers."""
REQUESTS_SHARE = 3
LEAST_S = 1
"""Of one run: libFuzzer counts in whole seconds."""
_UNITS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_SHOWN_BYTES = 4096


@dataclass
class Fuzzed:
    """What one target came to."""

    name: str
    inputs: int = 0
    cpu_s: float = 0.0
    broken: str = ""
    """What broke, and by which input; empty when nothing did."""


def rows(settings: Settings) -> list[Row]:
    """Fuzz for so long, on every core."""
    cpu_s = settings.length_s(CPU_S)
    share_s = cpu_s / (len(TARGETS) + REQUESTS_SHARE)
    folder = tempfile.TemporaryDirectory(prefix="bwv-fuzz-")
    with folder as name, ThreadPoolExecutor(os.cpu_count()) as pool:
        works = [pool.submit(fuzz_requests, share_s * REQUESTS_SHARE, settings.seed)]
        works += [
            pool.submit(fuzz_parser, target, Path(name), share_s, settings.seed)
            for target in TARGETS
        ]
        done = [each.result() for each in works]
    return fuzz_rows(done, cpu_s * 600.0 / CPU_S)


def fuzz_parser(target: str, folder: Path, cpu_s: float, seed: int) -> Fuzzed:
    """One parser: again with what was learnt, until it has had its time of the CPU."""
    told = Fuzzed(target)
    corpus, found = (folder / f"{target}.{kind}" for kind in ("corpus", "found"))
    corpus.mkdir()
    found.mkdir()
    while told.cpu_s < cpu_s and not told.broken:
        for_s = max(LEAST_S, round(cpu_s - told.cpu_s))
        command = [sys.executable, "-m", "tests.fuzz.parsers", target, str(corpus), str(found)]
        text = _run(told, [*command, str(for_s), str(seed)])
        counted = _UNITS.search(text)
        told.inputs += int(counted[1]) if counted else 0
        for path in sorted(found.iterdir()):
            told.broken += f"\n{path.name}: {path.read_bytes()[:_SHOWN_BYTES]!r}"
        seed += 1
    return told


def fuzz_requests(cpu_s: float, seed: int) -> Fuzzed:
    """The server."""
    told = Fuzzed(REQUESTS)
    text = _run(told, [sys.executable, "-m", "tests.fuzz.requests", str(cpu_s), str(seed)])
    if not told.broken:
        told.inputs = json.loads(text.splitlines()[-1])["connections"]
    return told


def _run(told: Fuzzed, command: Sequence[str]) -> str:
    """Run a fuzzer, and count its time in; its output, whose end says what broke."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    told.cpu_s += usage.ru_utime + usage.ru_stime
    if process.returncode != 0:
        told.broken = text[-_SHOWN_BYTES:]
    return text


def fuzz_rows(done: Sequence[Fuzzed], least_s: float) -> list[Row]:
    """What came of it, with its limits."""
    for each in done:
        if each.broken:
            print(f"{each.name}: {each.broken}", file=sys.stderr, flush=True)
    broken = [each.name for each in done if each.broken]
    return [
        at_least("fuzzing: CPU", sum(each.cpu_s for each in done) / 60, "min", least_s / 60),
        *(Row(f"fuzzing: inputs of {each.name}", each.inputs, ok=each.inputs > 0) for each in done),
        Row("fuzzing: targets that an input broke", len(broken), limit=0, ok=not broken),
    ]
