"""The long test of drift: it records with a clock that is off, and sees what is out of step."""

from dataclasses import replace
from typing import Any

import pytest

from tests.soak.in_step import Beat
from tests.soak.recorder_drift import Run, rows_of, run

GOOD = Run(
    ppm=200.0,
    length_s=3600.0,
    beats=[Beat(float(second), 0.001) for second in range(20, 3620)],
    counted=[Beat(20.0, 0.0), Beat(1820.0, 0.36), Beat(3618.0, 0.72)],
    picture_error_s=5e-6,
    frames_wrong=0,
    beats_missing=0,
    drifts_ppm=[199.0, 200.2],
    troubles=0,
)
SLOW = replace(GOOD, ppm=-200.0, drifts_ppm=[None, -200.1])


def failed(*runs: Run) -> list[str]:
    return [row.what.strip() for row in rows_of(runs) if row.ok is False]


def test_half_a_minute_is_recorded_split_and_judged() -> None:
    made = run(-200.0, length_s=40.0, seed=1)
    assert made.ppm == -200.0 and 36 <= len(made.beats) <= 40
    assert len(made.drifts_ppm) >= 4, "it was split"
    assert [beat.late_s for beat in made.counted] == pytest.approx([0, -0.004, -0.008], abs=0.002)
    whole = replace(made, drifts_ppm=[-200.0])
    assert failed(whole) == [], "forty seconds are too short for the drift alone"


def test_runs_that_are_in_step_pass_beside_what_counting_comes_to() -> None:
    found = rows_of([GOOD, SLOW])
    assert all(row.ok is not False for row in found)
    assert found[0].what == "sound against picture, worst over one hour at +/-200 ppm"
    assert (found[0].value, found[0].limit, found[0].baseline) == (1.0, 20.0, 720.0)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"beats": [*GOOD.beats, Beat(3619.5, -0.021)]}, "sound against picture, worst"),
        ({"beats_missing": 1}, "flashes without a tone"),
        ({"picture_error_s": 0.001}, "pictures against their capture times"),
        ({"frames_wrong": 1}, "frames lost, doubled"),
        ({"drifts_ppm": [-198.0]}, "drift stated in the last clip"),
        ({"drifts_ppm": [-200.0, None]}, "drift stated in the last clip"),
        ({"troubles": 1}, "failures reported"),
    ],
)
def test_what_is_out_of_step_missing_or_moved_fails(wrong: dict[str, Any], what: str) -> None:
    (one,) = failed(GOOD, replace(SLOW, **wrong))
    assert one.startswith(what)


def test_a_run_without_one_tone_is_not_in_step() -> None:
    silent = [replace(beat, late_s=None) for beat in GOOD.beats]
    assert "sound against picture" in failed(GOOD, replace(SLOW, beats=silent))[0]
