"""The locks: complete, hashed, in step with one another, and tied to no place."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
EXTRAS = {
    "dev": ("pi", "dock", "token", "verify", "dev"),
    "demo": ("pi", "dock"),
    "pi": ("pi",),
    "dock": ("dock",),
    "verify": ("verify",),
}
ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)

every_lock = pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)


def pinned(lock: Path) -> dict[str, str]:
    found = ENTRY.finditer(lock.read_text(encoding="utf-8"))
    return {canonicalize_name(entry["name"]): entry["version"] for entry in found}


def declared(extras: tuple[str, ...]) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in extras for text in optional[extra])]
    return [
        requirement
        for requirement in map(Requirement, [*texts, "setuptools>=80"])
        if requirement.name != project["name"]
    ]


def test_there_is_a_lock_for_each_set_of_extras() -> None:
    assert {lock.stem for lock in LOCKS} == set(EXTRAS)


@every_lock
def test_a_lock_names_no_address_and_no_path(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"--(extra-)?index-url|--find-links|^-e|@ |file:", text, re.MULTILINE)
    assert not re.search(r"(?<![\w.])/\w", text)


@every_lock
def test_every_entry_of_a_lock_has_a_hash(lock: Path) -> None:
    entries = ENTRY.split(lock.read_text(encoding="utf-8"))[1:]
    bodies = entries[2::3]
    assert bodies
    assert all("--hash=sha256:" in body for body in bodies)


@every_lock
def test_a_lock_holds_what_the_project_declares(lock: Path) -> None:
    versions = pinned(lock)
    for requirement in declared(EXTRAS[lock.stem]):
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name} is not in {lock.name}: run scripts/lock"
        assert requirement.specifier.contains(versions[name]), f"{name}: run scripts/lock"


@every_lock
def test_a_lock_agrees_with_the_widest_one(lock: Path) -> None:
    widest = pinned(ROOT / "requirements/dev.lock")
    assert pinned(lock).items() <= widest.items()


def test_a_pi_installs_no_server_and_a_server_no_camera() -> None:
    assert not {"aiohttp", "sqlalchemy", "jinja2"} & pinned(ROOT / "requirements/pi.lock").keys()
    camera = {"av", "opencv-python-headless", "sounddevice", "numpy"}
    assert not camera & pinned(ROOT / "requirements/dock.lock").keys()
