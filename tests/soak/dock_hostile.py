"""Hostile requests, in any order, to a server that has honest work to do: what it costs whom.

A part of `scripts/soak dock`. The attacks are a table (`tests/destination/hostile/attacks.py`);
what is looked at behind each stands in docs/design/dock-tests.md, H.
"""

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.bench.report import Row
from tests.bench.settings import Settings
from tests.destination.hostile.arena import arena
from tests.destination.hostile.attacks import ATTACKS
from tests.destination.hostile.judge import attacked
from tests.destination.hostile.occasions import full_disk, two_docks

ROUNDS = 5
"""Of all attacks, each in an order of its own."""


def rows(settings: Settings) -> list[Row]:
    """Attack as often as asked."""
    chance = random.Random(settings.seed)
    made: Counter[str] = Counter()
    withstood: Counter[str] = Counter()
    folder = tempfile.TemporaryDirectory(prefix="bwv-hostile-")
    with folder as name, arena(Path(name) / "dock") as stage:
        for _ in range(settings.tries(ROUNDS)):
            for attack in chance.sample(ATTACKS, len(ATTACKS)):
                wrong = attacked(stage, attack)
                for each in wrong:
                    print(f"{attack}: {each}", file=sys.stderr, flush=True)
                made[attack.kind] += 1
                withstood[attack.kind] += not wrong
        honest = len(stage.stored)
        docks = two_docks(Path(name) / "docks")
    return [
        *kind_rows(made, withstood),
        _none("hostile: full disk: what was wrong", full_disk()),
        _none("hostile: two docks with the same clip: what was wrong", docks),
        Row("hostile: honest objects, all still there", honest),
    ]


def _none(what: str, found: list[str]) -> Row:
    for each in found:
        print(f"{what}: {each}", file=sys.stderr, flush=True)
    return Row(what, len(found), limit=0, ok=not found)


def kind_rows(made: Counter[str], withstood: Counter[str]) -> list[Row]:
    """One row for each kind of attack."""
    return [
        Row(f"hostile: {kind}: refused, told, no harm", withstood[kind], limit=count,
            ok=withstood[kind] == count)
        for kind, count in made.items()
    ]  # fmt: skip
