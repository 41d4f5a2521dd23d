"""The guide `write your first scenario`, followed: red, then green."""

import re
from pathlib import Path

from firmware_sim.scenario.model import ACTS
from firmware_sim.scenario.read import read_scenario
from firmware_sim.scenario.run import run_scenario
from firmware_sim.scenario.statements import NUMBERS, PATTERNS, WORDS

GUIDE = Path(__file__).parents[3] / "docs/first-scenario.md"


def test_it_is_red_and_then_green(tmp_path: Path) -> None:
    first, added = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    path = tmp_path / "coffee.yaml"
    path.write_text(first)
    (failure,) = run_scenario(read_scenario(path), tmp_path / "red").failures
    assert (failure.expected, failure.found) == ("state pre_record", "recording")
    path.write_text(first.replace("looks:", added + "looks:"))
    assert run_scenario(read_scenario(path), tmp_path / "green").passed


def test_it_names_all_that_can_be_done_and_expected() -> None:
    text = GUIDE.read_text()
    assert [word for word in (*ACTS, *WORDS, *NUMBERS, *PATTERNS) if f"`{word}" not in text] == []
