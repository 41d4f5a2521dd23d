"""The report of a benchmark: it must fail when a figure does, and when nothing was checked."""

import json
import math

import pytest

from tests.bench.report import Row, at_least, at_most, emit

GOOD = at_most("time", 1.0, "s", limit=2.0)


def test_a_figure_over_its_limit_fails_the_area() -> None:
    assert emit("x", [GOOD, at_most("time", 2.1, "s", limit=2.0)], as_json=False) == 1


def test_a_figure_under_its_limit_fails_the_area() -> None:
    assert emit("x", [GOOD, at_least("rate", 1.9, "Hz", limit=2.0)], as_json=False) == 1


def test_a_figure_that_is_no_number_is_no_pass() -> None:
    assert at_most("time", math.nan, "s", limit=2.0).ok is False
    assert at_least("time", math.nan, "s", limit=2.0).ok is False


@pytest.mark.parametrize("rows", [[], [Row("clips", 3)]])
def test_an_area_that_checked_nothing_has_not_passed(rows: list[Row]) -> None:
    assert emit("x", rows, as_json=False) == 1


def test_json_is_one_object_with_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert emit("x", [GOOD, Row("clips", 3)], as_json=True) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["ok"] is True
    assert printed["rows"][0] == {
        "what": "time",
        "value": 1.0,
        "unit": "s",
        "limit": 2.0,
        "baseline": None,
        "ok": True,
    }


def test_a_figure_that_is_no_number_is_still_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert emit("x", [at_most("time", math.nan, "s", limit=2.0)], as_json=True) == 1
    assert json.loads(capsys.readouterr().out)["rows"][0]["value"] == "nan"
