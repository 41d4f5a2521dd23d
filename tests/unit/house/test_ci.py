"""`.ci/run`: one tool that fails is enough, the rest still runs, and the last line says it."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOLS = ("scripts/test", ".venv/bin/ruff", ".venv/bin/mypy", ".venv/bin/lint-imports")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A tree in which every tool writes down that it ran, and is content."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci")
    for tool in (*TOOLS, "bin/dpkg-query", "bin/apt-get"):
        put(tmp_path, tool, "exit 0")
    put(tmp_path, "bin/dpkg-query", "echo installed")
    return tmp_path


def put(house: Path, tool: str, then: str) -> None:
    path = house / tool
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "{tool} $*" >> "{house}/ran"\n{then}\n')
    path.chmod(0o755)


def run(house: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{house / 'bin'}:{os.environ['PATH']}"
    kept: Mapping[str, str] = {k: v for k, v in os.environ.items() if k != "CI"}
    return subprocess.run(
        [house / ".ci/run"],
        env={**kept, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def ran(house: Path) -> str:
    return (house / "ran").read_text(encoding="utf-8")


def test_all_content_is_a_pass_and_ran_everything(house: Path) -> None:
    done = run(house)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == ("ci: tests, lint, format, types and contracts passed")
    for tool in (*TOOLS, ".venv/bin/ruff format --check", ".venv/bin/ruff check"):
        assert tool in ran(house)
    assert "apt-get" not in ran(house)


@pytest.mark.parametrize("tool", TOOLS)
def test_one_tool_that_fails_fails_it_all_and_stops_nothing(house: Path, tool: str) -> None:
    put(house, tool, "exit 1")
    done = run(house)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("ci: FAILED: ")
    assert ".venv/bin/lint-imports" in ran(house)


def test_no_test_found_is_a_failure(house: Path) -> None:
    put(house, "scripts/test", f"exit {int(pytest.ExitCode.NO_TESTS_COLLECTED)}")
    assert run(house).returncode == 1


def test_tests_are_told_that_nothing_may_be_skipped(house: Path) -> None:
    put(house, "scripts/test", '[ "$CI" = true ]')
    assert run(house).returncode == 0


def test_a_missing_system_package_is_installed(house: Path) -> None:
    put(house, "bin/dpkg-query", "exit 1")
    put(house, "bin/sudo", 'shift; exec "$@"')
    assert run(house).returncode == 0
    assert "apt-get install -y -qq --no-install-recommends chromium" in ran(house)


def test_a_package_that_can_not_be_installed_is_named_and_left_to_the_tests(house: Path) -> None:
    put(house, "bin/dpkg-query", "exit 1")
    put(house, "bin/sudo", 'shift; exec "$@"')
    put(house, "bin/apt-get", "exit 100")
    done = run(house)
    assert done.returncode == 0
    assert "could not install chromium" in done.stdout
