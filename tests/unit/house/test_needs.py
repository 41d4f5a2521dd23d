"""The skip rule itself, tried on tests that skip: it must be able to fail."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SKIPPING = """
    import pytest
    from tests.needs import NEEDS, Need, is_there, need, no_hardware
    NEEDS["moonstone"] = Need("libmoonstone1", "shines", lambda: None)

    def test_needs_inside():
        need("moonstone")

    @pytest.mark.needs("moonstone")
    def test_needs_by_mark():
        raise AssertionError("must not run")

    def test_skips_by_itself():
        pytest.skip("feeling poorly")

    def test_no_device():
        no_hardware("a webcam")
"""
CONFTEST = Path(__file__).parents[2] / "conftest.py"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def skipping(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("BWV_NO_SKIP", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers = needs(*names): x\n")
    pytester.makepyfile(SKIPPING)
    return pytester


def test_a_missing_program_skips_and_prints_the_command(skipping: pytest.Pytester) -> None:
    result = skipping.runpytest_subprocess("-ra")
    result.assert_outcomes(skipped=4)
    result.stdout.fnmatch_lines(["*moonstone missing: sudo apt install libmoonstone1"])


@pytest.mark.parametrize(("variable", "value"), [("CI", "true"), ("BWV_NO_SKIP", "1")])
def test_where_nothing_may_be_skipped_a_skip_fails(
    skipping: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    result = skipping.runpytest_subprocess("-ra")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 3
    assert outcomes["skipped"] == 1
    result.stdout.fnmatch_lines(["*no such hardware here: a webcam"])


def test_a_module_that_skips_itself_fails_as_well(
    skipping: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    skipping.makepyfile(test_whole="import pytest\npytest.importorskip('moonstone_bindings')\n")
    result = skipping.runpytest_subprocess("test_whole.py")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*skipped where nothing may be skipped: *moonstone_bindings*"])
