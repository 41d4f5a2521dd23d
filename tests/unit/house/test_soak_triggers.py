"""The long test of triggers sees what it is there to see: its verdict is wrong for wrong clips."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bwv_device.media.messages import Report
from hal.interfaces.clock import NS_PER_S
from tests.bench.recorder_footage import memory_folder
from tests.soak.recorder_plan import Wish, plan
from tests.soak.recorder_triggers import record
from tests.soak.recorder_verdict import RATE_HZ, Verdict, judge
from tests.support.lockstep import TROUBLES

FRAME_NS = NS_PER_S // RATE_HZ


@pytest.fixture(scope="module")
def recorded() -> Iterator[tuple[Path, list[Wish]]]:
    """A store with three recordings of a real recorder, and what was asked of it."""
    told: list[Report] = []
    spells = plan(3, random.Random(5))
    with memory_folder() as folder, TemporaryDirectory(dir=folder) as store:
        record(Path(store), spells, told.append)
        assert not [report for report in told if isinstance(report, TROUBLES)]
        yield Path(store), [wish for spell in spells for wish in spell.wishes]


def test_what_was_recorded_is_whole(recorded: tuple[Path, list[Wish]]) -> None:
    verdicts = judge(*recorded)
    assert len(verdicts) == 3 and sum(each.clips for each in verdicts) > 3
    for each in verdicts:
        wrong = (each.lost, each.wrong, each.behind_stop, each.sound_wrong, each.journal_wrong)
        assert wrong == (0, 0, 0, 0, 0) and not each.is_unexplained
        assert each.frames > 0


def _lost(verdict: Verdict) -> int:
    return verdict.lost


def _behind(verdict: Verdict) -> int:
    return verdict.behind_stop


def _sound(verdict: Verdict) -> int:
    return verdict.sound_wrong


def _journal(verdict: Verdict) -> int:
    return verdict.journal_wrong


@pytest.mark.parametrize(
    ("moved", "seen"),
    [
        ({"stop_ns": 3 * FRAME_NS}, _lost),
        ({"stop_ns": 3 * FRAME_NS}, _sound),
        ({"stop_ns": -3 * FRAME_NS}, _behind),
        ({"stop_ns": -3 * FRAME_NS}, _sound),
        ({"trigger_ns": FRAME_NS}, _journal),
    ],
)
def test_a_recording_that_is_not_what_was_asked_is_seen(
    recorded: tuple[Path, list[Wish]], moved: dict[str, int], seen: Callable[[Verdict], int]
) -> None:
    store, wishes = recorded
    other = [
        replace(wish, **{name: getattr(wish, name) + by_ns for name, by_ns in moved.items()})
        for wish in wishes
    ]
    assert all(seen(verdict) > 0 for verdict in judge(store, other))
