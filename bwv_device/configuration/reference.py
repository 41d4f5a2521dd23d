"""Writes the reference page and the default file from the model, so that they can't drift.

Used by `scripts/docs` and by the test that both are up to date; nothing at run time.
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bwv_device.configuration.limits import allowed
from bwv_device.configuration.model import Configuration
from bwv_device.configuration.parts import Part
from hal.driver_table import DriverRow
from hal.registry import drivers, options_of

LINE_CHARACTERS = 90
OPTION_WORDS = {
    "bool": "true or false",
    "float": "a number",
    "fractions.Fraction": "a number",
    "int": "a whole number",
    "pathlib.Path": "a path",
    "str": "text",
    "tuple[str, ...]": "a list of texts",
}
GENERATED = "written by scripts/docs from bwv_device/configuration: change it there, not here"


def reference_page() -> str:
    """`docs/configuration.md`: every key with its meaning, what it allows and its default."""
    lines = [
        "# Configuration",
        "",
        f"<!-- {GENERATED} -->",
        "",
        "`bwv --config FILE COMMAND` reads one TOML file. A key that is missing has the default",
        "given here; a key that is unknown, or a value that is not allowed, is an error that",
        "names the file, the line and the key. `bwv --set KEY=VALUE COMMAND` sets one key over",
        "the file. [config/default.toml](../config/default.toml) states every key with its",
        "default, to be copied and changed. Secrets are never in this file: those of a server",
        "are in its connection file.",
    ]
    for section, _, table in _tables():
        lines += ["", f"## `[{section}]`", "", _summary(table), ""]
        lines += ["| key | meaning | allowed | default |", "|---|---|---|---|"]
        lines += [_row(table, key, field) for key, field in table.model_fields.items()]
    return "\n".join([*lines, *_drivers()]) + "\n"


def default_file() -> str:
    """`config/default.toml`: every key with its default and, as a comment, its meaning."""
    lines = ["# Every key with its default. Copy this file and change what you need.", ""]
    lines[1:1] = [f"# ({GENERATED})"]
    for section, _, table in _tables():
        lines += _comment(_summary(table))
        if table is not _parts():
            lines += [f"[{section}]"]
        for key, field in table.model_fields.items():
            lines += _default_of(section, table, key, field)
        lines += [""]
    return "\n".join(lines)


def _drivers() -> Iterator[str]:
    """Every driver with its options, which the drivers themselves declare; `planned` ones keep
    their place."""
    yield ""
    yield "## Drivers"
    yield ""
    yield "Both lights take the drivers of `light`. Options go into `[parts.NAME.options]`; `~/` at"
    yield "the beginning of a path is the home folder."
    yield ""
    yield "| part | driver | what it is | options |"
    yield "|---|---|---|---|"
    for row in drivers():
        if row.part != "clock":
            yield f"| {row.part} | `{row.name}` | {row.summary} | {_options(row)} |"


def _options(row: DriverRow) -> str:
    if row.planned:
        return "*planned*"
    return ", ".join(f"`{name}` ({_words(kind)})" for name, kind in options_of(row).items())


def _words(annotation: str) -> str:
    """A Python type for people; one that has no words here stays as it is."""
    kinds = (kind for kind in annotation.split(" | ") if kind != "None")
    return " or ".join(OPTION_WORDS.get(kind, kind) for kind in kinds)


def _default_of(section: str, table: type[BaseModel], key: str, field: FieldInfo) -> Iterator[str]:
    if isinstance(field.default, Part):
        yield ""
        yield from _comment(str(field.description))
        yield f"[{section}.{key}]"
        yield f"driver = {_toml(field.default.driver)}"
        pairs = ", ".join(
            f"{name} = {_toml(value)}" for name, value in field.default.options.items()
        )
        yield f"options = {{ {pairs} }}" if pairs else "options = {}"
        return
    yield from _comment(f"{field.description} ({allowed(table, key)})")
    yield f"{key} = {_toml(field.default)}"


def _tables() -> Iterator[tuple[str, FieldInfo, type[BaseModel]]]:
    for section, field in Configuration.model_fields.items():
        table = field.annotation
        assert isinstance(table, type)
        assert issubclass(table, BaseModel)
        yield section, field, table


def _parts() -> type[BaseModel]:
    return type(Configuration.model_fields["parts"].default)


def _summary(table: type[BaseModel]) -> str:
    return " ".join((table.__doc__ or "").split())


def _row(table: type[BaseModel], key: str, field: FieldInfo) -> str:
    if isinstance(field.default, Part):
        cells = f"{key}.driver", field.description, "a driver's name", f'"{field.default.driver}"'
    else:
        cells = key, field.description, allowed(table, key), _toml(field.default)
    name, meaning, limits, default = cells
    return f"| `{name}` | {meaning} | {limits} | `{default}` |"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, LINE_CHARACTERS, initial_indent="# ", subsequent_indent="# ", break_long_words=False
    )


def _toml(value: Any) -> str:
    """A default as TOML: none is the empty text."""
    if value is None:
        return '""'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def write(root: Path) -> None:
    """Write both files below `root`, the top of the source tree."""
    (root / "docs" / "configuration.md").write_text(reference_page(), encoding="utf-8")
    (root / "config" / "default.toml").write_text(default_file(), encoding="utf-8")


if __name__ == "__main__":
    write(Path.cwd())
