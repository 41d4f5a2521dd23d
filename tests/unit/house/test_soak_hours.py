"""The long test of hours: it runs a whole recorder, and sees what grows, is lost or is missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.soak.recorder_hours import growth_rows
from tests.soak.recorder_marathon import MODE, PRE_RECORD_S, Job, Marathon, Sample

LONG = Job(recordings=1, record_s=20.0, pause_s=0.0, split_s=5.0, samples=4)
MANY = Job(recordings=6, record_s=2.0, pause_s=1.0, split_s=60.0, samples=3)


def test_one_long_recording_is_split_and_looked_at(tmp_path: Path) -> None:
    samples = Marathon(LONG, tmp_path).run()
    assert len(samples) == LONG.samples
    clips = int((LONG.record_s + PRE_RECORD_S) / LONG.split_s) - 1
    assert [samples[-1].clips, samples[-1].frames] == [clips, clips * LONG.split_s * MODE.rate_hz]
    assert not list(tmp_path.glob("clips/*/*.mp4"))[2:], "what was handed over is freed"
    assert _failed(LONG, samples) == []


def test_many_short_recordings_are_made_and_looked_at(tmp_path: Path) -> None:
    samples = Marathon(MANY, tmp_path).run()
    assert [sample.clips for sample in samples] == [1, 3, 5]
    assert _failed(MANY, samples) == []


def _failed(job: Job, samples: list[Sample]) -> list[str]:
    """Rows that failed, but for memory, of which some seconds in this process say nothing."""
    rows = growth_rows("short", "part", job, samples)
    return [row.what for row in rows if row.ok is False and "memory" not in row.what]


FIRST = Sample(10.0, 100_000_000, 9, 4, 50_000, 1, 10, 0, 0)
LAST = replace(FIRST, at_s=20.0, clips=5, frames=60)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"resident_bytes": 105_100_000}, "memory, last third / first"),
        ({"handles": 10}, "open handles"),
        ({"threads": 5}, "threads"),
        ({"lost": 1}, "frames lost"),
        ({"troubles": 1}, "failures reported"),
        ({"clips": 4}, "clips missing"),
    ],
)
def test_what_grows_is_lost_or_is_missing_fails(wrong: dict[str, int], what: str) -> None:
    rows = growth_rows("6", "third", MANY, [FIRST, replace(LAST, **wrong)])
    assert [row.what for row in rows if row.ok is False] == [f"6: {what}"]


def test_what_stays_as_it_was_passes() -> None:
    rows = growth_rows("6", "third", MANY, [FIRST, LAST])
    assert all(row.ok is not False for row in rows) and any(row.ok for row in rows)
