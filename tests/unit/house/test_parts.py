"""Areas that are tables of parts: each part can be run, and none fails in silence."""

import sys
from importlib import import_module
from inspect import signature
from types import ModuleType

import pytest

from tests.bench import dock as dock_bench
from tests.bench.report import Row
from tests.bench.settings import QUICK_SCALE, Settings
from tests.soak import dock, recorder


@pytest.mark.parametrize(
    "module", [*recorder.PARTS.values(), *dock.PARTS.values(), *dock_bench.PARTS.values()]
)
def test_each_part_has_rows_of_the_settings(module: str) -> None:
    assert list(signature(import_module(module).rows).parameters) == ["settings"]


@pytest.fixture
def two_parts(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """`good` gives a row and notes its settings, `bad` breaks off."""
    seen: list[Settings] = []

    def good(settings: Settings) -> list[Row]:
        seen.append(settings)
        return [Row("tries", settings.tries(200), ok=True)]

    def bad(_settings: Settings) -> list[Row]:
        raise OSError("no disk")

    for name, rows in (("good", good), ("bad", bad)):
        module = ModuleType(f"part_{name}")
        vars(module)["rows"] = rows
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(recorder, "PARTS", {"bad": "part_bad", "good": "part_good"})
    return seen


def test_a_part_that_breaks_off_fails_and_leaves_the_others_their_rows(
    two_parts: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert recorder.main([]) == 1
    told = capsys.readouterr().out
    assert "bad: broken off" in told and "OSError" in told and "tries" in told
    assert len(two_parts) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], Settings()),
        (["--quick"], Settings(scale=QUICK_SCALE)),
        (["--times", "7", "--seed", "3"], Settings(seed=3, times=7)),
    ],
)
def test_it_runs_what_was_asked_for_with_the_settings_asked_for(
    two_parts: list[Settings], arguments: list[str], expected: Settings
) -> None:
    assert recorder.main(["--only", "good", *arguments]) == 0
    assert two_parts == [expected]


def test_an_unknown_part_is_refused_with_the_names_of_all(
    two_parts: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        recorder.main(["--only", "good,other"])
    assert "no part 'other'; there are bad, good" in capsys.readouterr().err
    assert two_parts == []


def test_settings_scale_what_is_not_given_in_tries() -> None:
    quick = Settings(scale=QUICK_SCALE)
    assert (quick.tries(200), quick.tries(5), quick.length_s(3600)) == (10, 1, 180.0)
    assert Settings(times=3, scale=QUICK_SCALE).tries(200) == 3
