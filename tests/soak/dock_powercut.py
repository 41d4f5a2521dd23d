"""Power cuts on the server's disk: what it answered for is there, and no receipt without its clip.

A part of `scripts/soak dock`; needs the rig (see tests/support/rig.py). A server at work is
recorded in its guest, and once more on a disk that is never told to flush, to show that the judge
can find something. What is held against what stands in docs/design/dock-tests.md, P.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench.report import Row, at_least
from tests.bench.settings import Settings
from tests.support.cut_server_judge import ServerJudgement
from tests.support.rig import Checked, check_cuts, record_writes

STATES, BARE_STATES = 120, 40
WORK_S, LIMIT_S = 90, 900
"""The server works so long; the limit is for a guest on a machine that is busy."""
SERVER = "server"


@dataclass(frozen=True)
class Judged:
    """What was found in the crash states of one run."""

    checked: Checked
    states: list[ServerJudgement]

    def count(self, what: str) -> int:
        """How many findings of a kind, in all states together."""
        return sum(len(getattr(state, what)) for state in self.states)

    @property
    def unmounted(self) -> int:
        """States that the judge never came to see."""
        return self.checked.states - len(self.states)


def rows(settings: Settings) -> list[Row]:
    """Record, cut, judge. Raises `RigError` without a rig."""
    with tempfile.TemporaryDirectory(prefix="bwv-dock-powercut-") as name:
        folder = Path(name)
        work = _cut(folder / "work", "noatime", settings.tries(STATES), settings.seed)
        bare_states = settings.tries(BARE_STATES)
        bare = _cut(folder / "bare", "noatime,barrier=0", bare_states, settings.seed)
    return powercut_rows(work, bare)


def _cut(folder: Path, mount_options: str, states: int, seed: int) -> Judged:
    command = [*_python("cut_server"), f"/data/{SERVER}", "/job", str(WORK_S)]
    job = record_writes(folder, command, limit_s=LIMIT_S, mount_options=mount_options)
    results = folder / "results" / "judged"
    results.parent.mkdir()
    checker = [*_python("cut_server_judge"), str(job / "promises"), SERVER]
    checked = check_cuts(folder, checker, results, states=states, seed=seed)
    print(checked.text, file=sys.stderr, flush=True)
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return Judged(checked, [ServerJudgement(**json.loads(line)) for line in lines])


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", f"tests.support.{module}"]


def powercut_rows(work: Judged, bare: Judged) -> list[Row]:
    """What came of it, with its limits; the baseline is the disk without flushes."""
    return [
        Row("server's power cut: crash states", work.checked.states),
        at_least("server's power cut: objects answered for, in all states together",
                 sum(state.objects for state in work.states), "", 1),
        at_least("server's power cut: receipts, in all states together",
                 sum(state.receipts for state in work.states), "", 1),
        _none("server's power cut: receipts without their clip", work.count("unfounded"),
              bare.count("unfounded")),
        _none("server's power cut: objects lost that were answered for", work.count("lost"),
              bare.count("lost")),
        _none("server's power cut: other promises not kept", work.count("disagreements"),
              bare.count("disagreements")),
        _none("server's power cut: states with a finding, of ours or of e2fsck",
              work.checked.violations, bare.checked.violations),
        _none("server's power cut: disks that can't be judged", work.unmounted, bare.unmounted),
        Row("server's power cut without flushes: states with a finding", bare.checked.violations,
            limit=1, ok=bare.checked.violations >= 1),
    ]  # fmt: skip


def _none(what: str, found: int, without_flushes: int) -> Row:
    return Row(what, found, limit=0, baseline=without_flushes, ok=found == 0)
