"""Every scenario that ships, and that a scenario can fail."""

import os
import subprocess
import sys
from pathlib import Path

import av
import pytest

from firmware_sim.scenario.read import read_scenario
from firmware_sim.scenario.run import run_scenario
from firmware_sim.shipped import shipped, shipped_path


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_a_shipped_scenario_is_true(path: Path, tmp_path: Path) -> None:
    outcome = run_scenario(read_scenario(path), tmp_path)
    assert outcome.passed, "\n".join(map(str, outcome.failures))
    assert outcome.looked > 0


def test_what_a_simulated_camera_writes_plays(tmp_path: Path) -> None:
    run_scenario(read_scenario(shipped_path("start_and_stop")), tmp_path)
    (clip,) = (tmp_path / "card/clips").glob("*/*.mp4")
    with av.open(str(clip)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 60 * 5


def test_an_expectation_that_is_not_so_fails_and_shows_what_happened(tmp_path: Path) -> None:
    scenario = read_scenario(shipped_path("standby_keeps_nothing"))
    wrong = scenario.model_copy(update={"in_the_end": ("recordings == 2", "state standby")})
    (failure,) = run_scenario(wrong, tmp_path).failures
    assert failure.expected == "recordings == 2"
    assert failure.found == "1"
    assert any("state_changed" in str(fact) for fact in failure.around)


def test_a_light_that_comes_too_late_is_found(tmp_path: Path) -> None:
    text = shipped_path("start_and_stop").read_text()
    late = tmp_path / "late.yaml"
    late.write_text(text.replace("{at: 60.39 s, within", "{at: 60.01 s, within"))
    failures = run_scenario(read_scenario(late), tmp_path / "card").failures
    assert [failure.expected for failure in failures] == ["red_light on within 0.1 s"]


def test_one_seed_has_one_log_whatever_the_hash_seed_is() -> None:
    logs = {_log(seed="7", hash_seed=hash_seed) for hash_seed in ("0", "1")}
    assert len(logs) == 1
    assert _log(seed="8", hash_seed="0") not in logs


def _log(seed: str, hash_seed: str) -> str:
    command = [sys.executable, "-m", "bwv_device.cli.main", "sim", "run", "standby_keeps_nothing"]
    done = subprocess.run(
        [*command, "--log", "--seed", seed],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    assert "recording" in done.stdout
    return done.stdout
