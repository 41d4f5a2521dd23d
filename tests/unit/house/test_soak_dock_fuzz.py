"""Fuzzing finds what is broken, and every input that it ever found stays harmless."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS
from tests.soak.dock_fuzz import Fuzzed, fuzz_parser, fuzz_requests, fuzz_rows

FOUND = sorted((Path(__file__).parents[2] / "fuzz" / "found").glob("*/*"))

BREAKS_ON_A_WORD = """
import sys
from pathlib import Path
from tests.fuzz import parsers
from tests.fuzz.targets import Target

def run(data):
    if data[:2] == b"no":
        raise ValueError("broken")

parsers.TARGETS["word"] = Target(run, lambda: [b"nn"])
parsers.main("word", Path(sys.argv[1]), Path(sys.argv[2]), 60, 1)
"""


@pytest.mark.parametrize("name", TARGETS)
def test_each_target_takes_its_seeds(name: str) -> None:
    for data in TARGETS[name].seeds():
        TARGETS[name](data)
        TARGETS[name](data[: len(data) // 2])


def test_what_was_found_once_is_harmless() -> None:
    for path in FOUND:
        TARGETS[path.parent.name.replace("-", " ")](path.read_bytes())


def need_the_fuzzer() -> None:
    pytest.importorskip("atheris", reason="the fuzzer has no wheel for this platform")


def test_a_parser_that_breaks_is_found_with_its_input(tmp_path: Path) -> None:
    need_the_fuzzer()
    (tmp_path / "corpus").mkdir()
    (tmp_path / "found").mkdir()
    folders = [str(tmp_path / "corpus"), str(tmp_path / "found")]
    ran = subprocess.run(
        [sys.executable, "-c", BREAKS_ON_A_WORD, *folders],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert ran.returncode != 0 and "broken" in ran.stdout + ran.stderr
    (kept,) = (tmp_path / "found").iterdir()
    assert kept.read_bytes().startswith(b"no")


def test_a_parser_is_fuzzed_for_its_time(tmp_path: Path) -> None:
    need_the_fuzzer()
    told = fuzz_parser("chain", tmp_path, 1.0, 1)
    assert told.inputs > 0 and told.cpu_s >= 1.0 and told.broken == ""


def test_the_server_is_fuzzed_for_its_time() -> None:
    told = fuzz_requests(3.0, 1)
    assert told.broken == ""
    assert told.inputs > 0 and told.cpu_s >= 3.0


DONE = [Fuzzed("a", 5, 300.0), Fuzzed("b", 7, 320.0)]


def failed(done: list[Fuzzed]) -> list[str]:
    return [row.what for row in fuzz_rows(done, 600.0) if row.ok is False]


def test_ten_minutes_without_a_find_pass() -> None:
    assert failed(DONE) == []


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"cpu_s": 200.0}, "fuzzing: CPU"),
        ({"inputs": 0}, "fuzzing: inputs of a"),
        ({"broken": "x"}, "fuzzing: targets that an input broke"),
    ],
)
def test_too_little_or_a_find_fails(wrong: dict[str, float], what: str) -> None:
    assert failed([replace(DONE[0], **wrong), DONE[1]]) == [what]  # type: ignore[arg-type]
