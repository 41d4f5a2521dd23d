"""The distribution that people install: nothing that the source tree has is left out of it."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = ("bwv_device", "dock_server", "firmware_sim", "hal")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built from a copy of the source tree, so that nothing is left in it."""
    tree = tmp_path_factory.mktemp("tree")
    for room in ROOMS:
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    command += ["--no-index", "--quiet", "--wheel-dir", str(tree / "dist"), str(tree)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    (built,) = (tree / "dist").glob("*.whl")
    return zipfile.ZipFile(built)


def test_every_file_of_every_room_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    wanted = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted
    assert wanted <= set(wheel.namelist())


def test_the_wheel_brings_the_command_the_dock_and_the_licence(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    text = wheel.read(entry_points).decode()
    assert "bwv = bwv_device.cli.main:main" in text
    assert "dock = dock_server.cli:COMMAND [dock]" in text
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())
