"""The reference page and the default file say what the model says."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bwv_device.configuration import Configuration, load_configuration
from bwv_device.configuration.parts import Part
from bwv_device.configuration.reference import default_file, reference_page

ROOT = Path(__file__).parents[3]
CURE = "run scripts/docs"


def keys(model: type[BaseModel], above: str = "") -> list[str]:
    """Every dotted key of the model, tables and drivers' options included."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        found.append(f"{above}{name}")
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += keys(field.annotation, f"{above}{name}.")
    return found


def stated(table: dict[str, Any], above: str = "") -> list[str]:
    found: list[str] = []
    for name, value in table.items():
        found.append(f"{above}{name}")
        if isinstance(value, dict) and name != "options":
            found += stated(value, f"{above}{name}.")
    return found


@pytest.mark.needs("portaudio")
def test_the_reference_page_is_up_to_date() -> None:
    assert (ROOT / "docs/configuration.md").read_text(encoding="utf-8") == reference_page(), CURE


def test_the_default_file_is_up_to_date() -> None:
    assert (ROOT / "config/default.toml").read_text(encoding="utf-8") == default_file(), CURE


def test_the_default_file_states_every_key() -> None:
    assert sorted(stated(tomllib.loads(default_file()))) == sorted(keys(Configuration))


def test_the_default_file_gives_what_no_file_gives() -> None:
    assert load_configuration(ROOT / "config/default.toml") == load_configuration()


PROFILES = sorted(set((ROOT / "config").glob("*.toml")) - {ROOT / "config/indications.toml"})


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.name)
def test_every_profile_that_ships_is_valid(profile: Path) -> None:
    assert load_configuration(profile)


def documented() -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for section, field in Configuration.model_fields.items():
        table = field.annotation
        assert isinstance(table, type)
        assert issubclass(table, BaseModel)
        found += [(f"{section}.{key}", f.description) for key, f in table.model_fields.items()]
    found += [(f"parts.*.{key}", f.description) for key, f in Part.model_fields.items()]
    return found


@pytest.mark.parametrize(("key", "description"), documented())
def test_every_key_is_documented(key: str, description: str | None) -> None:
    assert description, f"{key} has no description"
    assert description.endswith("."), f"{key}: a description is a sentence"
