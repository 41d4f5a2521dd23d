"""Power cuts on a real file system: the writes of a working recorder, cut at random places.

A part of `scripts/soak recorder`; needs the rig (see tests/support/rig.py). Three runs are recorded
in its guest: the recorder at work; the start-up repair of what one cut of that left; and, to show
that the judge can find something, the recorder on a disk that is never told to flush. How a cut
is made, and what is held against what, stands in docs/design/store.md, "How power cuts are tested".
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench.report import Row
from tests.bench.settings import Settings
from tests.support.cut_judge import Judgement
from tests.support.rig import Checked, check_cuts, crash_state, record_writes

STATES, REPAIR_STATES, BARE_STATES = 240, 60, 40
WORK_S, LIMIT_S, REPAIR_LIMIT_S = 60, 600, 120
"""The recorder works so long; the limits are for a guest on a machine that is busy."""
STORE = "store"


@dataclass(frozen=True)
class Judged:
    """What was found in the crash states of one run."""

    checked: Checked
    states: list[Judgement]

    def count(self, what: str) -> int:
        """How many findings of a kind, in all states together."""
        return sum(len(getattr(state, what)) for state in self.states)

    @property
    def unmounted(self) -> int:
        """States that the judge never came to see."""
        return self.checked.states - len(self.states)


def rows(settings: Settings) -> list[Row]:
    """Record, cut, judge. Raises `RigError` without a rig."""
    with tempfile.TemporaryDirectory(prefix="bwv-powercut-") as name:
        folder, seed = Path(name), settings.seed
        job = record_writes(folder / "work", _camera(), limit_s=LIMIT_S)
        work = _judge(folder / "work", job / "promises", settings.tries(STATES), seed)
        repairs = _cut_the_repair(folder, job / "promises", settings.tries(REPAIR_STATES), seed)
        bare_job = record_writes(
            folder / "bare", _camera(), limit_s=LIMIT_S, mount_options="noatime,barrier=0"
        )
        tries = settings.tries(BARE_STATES)
        bare = _judge(folder / "bare", bare_job / "promises", tries, seed)
    return [*_work_rows(work, bare), *_repair_rows(repairs), *_bare_rows(bare)]


def _camera() -> list[str]:
    return [*_python("cut_camera"), f"/data/{STORE}", "/job", str(WORK_S)]


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", f"tests.support.{module}"]


def _judge(folder: Path, promises: Path, states: int, seed: int, floor: int = 0) -> Judged:
    results = folder / "results" / "judged"
    results.parent.mkdir()
    checker = [*_python("cut_judge"), str(promises), STORE, str(floor)]
    checked = check_cuts(folder, checker, results, states=states, seed=seed)
    print(checked.text, file=sys.stderr, flush=True)
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return Judged(checked, [Judgement(**json.loads(line)) for line in lines])


def _cut_the_repair(folder: Path, promises: Path, states: int, seed: int) -> Judged:
    """The power goes again while the start after a cut repairs the store."""
    image, second = folder / "cut.img", folder / "repair"
    held = int(crash_state(folder / "work", f"{seed}.repair", image) or 0)
    command = [*_python("cut_repair"), f"/data/{STORE}", "/job", str(promises), str(held)]
    job = record_writes(second, command, limit_s=REPAIR_LIMIT_S, base=image)
    return _judge(second, job / "promises", states, seed, floor=held)


def _work_rows(work: Judged, bare: Judged) -> list[Row]:
    repairs_s = sorted(state.repair_s for state in work.states)
    return [
        Row("power cuts: crash states", work.checked.states),
        Row("power cuts: parts of clips reported synced, in all states together",
            sum(state.parts for state in work.states)),
        Row("power cuts: clips repaired, in all states together",
            sum(state.recovered for state in work.states)),
        _none("power cuts: fragments lost that were reported synced", work.count("lost"),
              bare.count("lost")),
        _none("power cuts: disagreements of journal, files and promises",
              work.count("disagreements"), bare.count("disagreements")),
        _none("power cuts: clips that do not open", work.count("unreadable"),
              bare.count("unreadable")),
        _none("power cuts: states with a finding, of ours or of e2fsck", work.checked.violations,
              bare.checked.violations),
        _none("power cuts: disks that can't be judged", work.unmounted, bare.unmounted),
        Row("power cuts: start-up repair, median", repairs_s[len(repairs_s) // 2], "s"),
        Row("power cuts: start-up repair, worst", repairs_s[-1], "s"),
    ]  # fmt: skip


def _repair_rows(repairs: Judged) -> list[Row]:
    return [
        Row("power cuts in the repair: crash states", repairs.checked.states),
        _none("power cuts in the repair: states with a finding", repairs.checked.violations),
    ]


def _bare_rows(bare: Judged) -> list[Row]:
    """The same on a disk without flushes (`barrier=0`): there the judge has to find losses."""
    return [
        Row("power cuts without flushes: crash states", bare.checked.states),
        Row("power cuts without flushes: states with a finding", bare.checked.violations,
            limit=1, ok=bare.checked.violations >= 1),
    ]  # fmt: skip


def _none(what: str, found: int, without_flushes: int | None = None) -> Row:
    return Row(what, found, limit=0, baseline=without_flushes, ok=found == 0)
