"""A mistake in a scenario is told with its place and with what was meant."""

from pathlib import Path

import pytest

from firmware_sim.errors import ScenarioError
from firmware_sim.scenario.read import read_scenario
from firmware_sim.scenario.run import run_scenario
from firmware_sim.scenario.times import duration_ns
from firmware_sim.shipped import shipped_path

GOOD = """scenario: 1
title: A start
source: own
ends: 1 min
steps:
  - {at: 0, do: power_on}
  - {at: 10 s, do: double_press}
looks:
  - {at: 12 s, expect: state recording}
"""


def told(tmp_path: Path, old: str, new: str) -> str:
    assert old in GOOD
    path = tmp_path / "it.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ScenarioError) as caught:
        run_scenario(read_scenario(path), tmp_path / "card")
    return str(caught.value).removeprefix(f"{path}:")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("do: double_press", "do: duble_press", ("7:20", "'double_press'")),
        ("steps:", "stepps:", ("5:1", "did you mean 'steps'")),
        ("at: 10 s", "at: 10 parsecs", ("7:10", "is no time", "h:mm:ss")),
        ("at: 10 s", "at: 10 h", ("behind `ends`",)),
        ("expect: state recording", "expect: stat recording", ("did you mean 'state'",)),
        ("expect: state recording", "expect: clips == many", ("'many' is no number",)),
        ("scenario: 1", "scenario: 2", ("1:11", "Input should be 1")),
        ("do: double_press", "do: hold", ("7:5", "`hold` needs a `value`")),
        ("ends: 1 min", "ends: [", ("not YAML",)),
        ("source: own", "source: own\ncamera: {video: {width_px: 3}}", ("video.width_px",)),
        ("looks:\n  - {at: 12 s, expect: state recording}\n", "", ("nothing is expected",)),
    ],
)
def test_a_mistake(tmp_path: Path, old: str, new: str, expected: tuple[str, ...]) -> None:
    words = told(tmp_path, old, new)
    assert all(part in words for part in expected), words


def test_a_shipped_scenario_that_is_not_there_says_which_is_meant() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'power_cut'"):
        shipped_path("powercut")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12", 12), (1.5, 1.5), ("250 ms", 0.25), ("20 min", 1200), ("9 h", 32400), ("0:02:30", 150)],
)
def test_times(text: str | float, seconds: float) -> None:
    assert duration_ns(text) == seconds * 1_000_000_000
