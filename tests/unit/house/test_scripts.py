"""The scripts: they parse, and on a machine that lacks something they name the cure."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COMMANDS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file())
ALL = [*COMMANDS, *sorted((ROOT / "scripts/lib").iterdir()), ROOT / ".ci/run"]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("script", ALL, ids=relative)
def test_a_script_parses(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize("script", [*COMMANDS, ROOT / ".ci/run"], ids=relative)
def test_a_command_can_be_run_and_stops_at_the_first_error(script: Path) -> None:
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text or "\nset -uo pipefail\n" in text


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the scripts, locks and declaration, in which nothing is installed."""
    for folder in ("scripts", "requirements"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(house: Path, script: str, python: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [house / "scripts" / script, "--json"],
        env={**os.environ, "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def fake_python(house: Path, body: str) -> str:
    path = house / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("script", ["demo", "test", "install"])
def test_an_old_python_is_refused_with_the_command_that_brings_a_new_one(
    house: Path, script: str
) -> None:
    done = run(house, script, fake_python(house, "exit 1"))
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr
    assert done.stdout == ""


def test_a_python_without_venv_is_refused_with_the_command_that_brings_it(house: Path) -> None:
    python = fake_python(
        house, 'case "$*" in *ensurepip*) exit 1;; -VV) echo Python 3.99;; *) exit 0;; esac'
    )
    done = run(house, "demo", python)
    assert done.returncode == 1
    assert "sudo apt install python3-venv" in done.stderr
    assert not (house / ".venv").exists()


def test_an_installation_that_failed_is_not_taken_for_whole(house: Path) -> None:
    pip_fails = (
        'case "$*" in *--clear*) mkdir -p "$5/bin"; cp "$0" "$5/bin/python";;'
        " *pip*install*) exit 1;; -VV) echo Python 3.99;; *) exit 0;; esac"
    )
    python = fake_python(house, pip_fails.replace("$5", "$4"))
    done = run(house, "demo", python)
    assert done.returncode == 1
    assert "The installation failed" in done.stderr
    assert not (house / ".venv/.installed").exists()


@pytest.mark.parametrize("kind", ["bench", "soak"])
def test_an_unknown_area_lists_those_that_exist(house: Path, kind: str) -> None:
    folder = house / "tests" / kind
    folder.mkdir(parents=True)
    (folder / "ring.py").write_text('"""The ring."""\nif __name__ == "__main__":\n    pass\n')
    (folder / "helper.py").write_text('"""No area."""\n')
    done = subprocess.run(
        [house / "scripts" / kind, "rong"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "ring         The ring." in done.stderr
    assert "helper" not in done.stderr
