"""What the ledger costs a camera at rest, and what a power cut leaves unknown.

Used by `scripts/bench dock`. A sign of life is entered and synced by itself, as on a camera where
nothing else happens; the card's bytes are those that the kernel counts for this process
(`/proc/self/io`), to which a file system adds its own. The check is of a shift of twelve hours.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

from bwv_device.evidence.identity import load_or_create
from bwv_device.evidence.ledger.account import account
from bwv_device.evidence.ledger.entry import Stamp
from bwv_device.evidence.ledger.keeper import SYNC_WITHIN_NS
from bwv_device.evidence.ledger.kinds import HEARTBEAT_S, Kind
from bwv_device.evidence.ledger.ledger import Ledger
from bwv_device.evidence.ledger.read import check_folder
from tests.bench.report import Row, at_most
from tests.bench.settings import Settings

SYNCED, SHIFT_S = 400, 12 * 3600
CPU_MAX_PERCENT = 0.1
"""Of one core; the ledger must be nothing beside an encode."""
UNKNOWN_MAX_S = 6.0
_NS_PER_S = 1_000_000_000
_UTC_NS = 1_795_465_260 * _NS_PER_S


class _Clock:
    """Twelve hours in no time."""

    def __init__(self) -> None:
        self.mono_ns = _NS_PER_S

    def now(self) -> Stamp:
        return Stamp(_UTC_NS + self.mono_ns, 1_000_000, self.mono_ns)

    def beat(self, ledger: Ledger) -> None:
        self.mono_ns += round(HEARTBEAT_S * _NS_PER_S)
        ledger.append(Kind.ALIVE, {"state": "pre_record"}, self.now())


def rows(settings: Settings) -> list[Row]:
    """What one sign of life costs, what is lost without, and how long a check takes."""
    with tempfile.TemporaryDirectory(prefix="bwv-ledger-") as folder:
        return [*_cost(Path(folder) / "cost", settings), *_check(Path(folder) / "shift", settings)]


def _cost(folder: Path, settings: Settings) -> list[Row]:
    clock = _Clock()
    ledger = _opened(folder, clock)
    count = settings.tries(SYNCED)
    before_bytes, before_io = _size(folder), _written()
    begin_cpu_s, took_s = time.process_time(), []
    for _ in range(count):
        begin_s = time.perf_counter()
        clock.beat(ledger)
        ledger.sync()
        took_s.append(time.perf_counter() - begin_s)
    cpu_s = (time.process_time() - begin_cpu_s) / count
    in_file, on_card = (_size(folder) - before_bytes) / count, (_written() - before_io) / count
    ledger.close()
    a_day = 24 * 3600 / HEARTBEAT_S
    ordered = sorted(took_s)
    return [
        Row("a sign of life in the ledger, with its part of the signatures", round(in_file), "B"),
        Row("written to the card for one, synced by itself", round(on_card), "B"),
        Row("entering and syncing one, median", statistics.median(took_s) * 1000, "ms"),
        Row("entering and syncing one, 99 %", ordered[len(ordered) * 99 // 100] * 1000, "ms"),
        Row("a day of them in the ledger", in_file * a_day / 1e6, "MB"),
        Row("a day of them on the card", on_card * a_day / 1e6, "MB"),
        at_most("CPU of signs of life", cpu_s / HEARTBEAT_S * 100, "% of a core", CPU_MAX_PERCENT),
        at_most(
            "unknown before a power cut, at most",
            HEARTBEAT_S + SYNC_WITHIN_NS / _NS_PER_S,
            "s",
            UNKNOWN_MAX_S,
        ),
    ]


def _check(folder: Path, settings: Settings) -> list[Row]:
    clock = _Clock()
    ledger = _opened(folder, clock)
    for _ in range(round(settings.length_s(SHIFT_S) / HEARTBEAT_S)):
        clock.beat(ledger)
    ledger.close()
    begin_s = time.perf_counter()
    made = check_folder(folder / "ledger")
    told = account(made.entries)
    took_s = time.perf_counter() - begin_s
    hours = sum(each.length_ns for each in told.stretches) / _NS_PER_S / 3600
    whole = made.ok and not told.unknown
    what = f"check and account of a shift of {hours:.1f} h"
    return [
        Row(what, took_s, "s"),
        Row(f"{what}: whole, and nothing unknown", "yes" if whole else "no", limit="yes", ok=whole),
    ]


def _opened(folder: Path, clock: _Clock) -> Ledger:
    signer = load_or_create(folder, "BWV-0001", "bench").signer
    return Ledger.open(folder / "ledger", "BWV-0001", clock.now, signer)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "ledger").glob("*.jsonl"))


def _written() -> int:
    """Bytes that this process has had written to a disk."""
    with open(f"/proc/{os.getpid()}/io", encoding="ascii") as file:
        found = dict(line.split(": ") for line in file.read().splitlines())
    return int(found["write_bytes"])
