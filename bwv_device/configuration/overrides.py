"""Keys that the command line sets over the file, such as `pre_record.length_s=5`.

Used by `load`. A value is read as TOML would read it; what is not TOML is text, and so is
anything for a key that holds text. A relative path is one from where the command was typed.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from bwv_device.configuration.problems import COMMAND_LINE, quoted_key, unknown_key
from bwv_device.errors import ConfigurationError

FREE_TABLE = dict
"""A table whose keys are the driver's affair."""


def apply_overrides(
    tables: dict[str, Any], overrides: Mapping[str, str], model: type[BaseModel]
) -> dict[str, Any]:
    """`tables` with each dotted key of `overrides` set; neither argument is changed.

    Raises `ConfigurationError` for a key that the model does not have.
    """
    for dotted, text in overrides.items():
        path = dotted.split(".")
        value = _value(text, _annotation(model, path))
        tables = _with(tables, path, value)
    return tables


def _annotation(model: type[BaseModel], path: list[str]) -> Any:
    """What the key at `path` holds; `object` below a free table."""
    annotation: Any = model
    for depth, name in enumerate(path):
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            raise ConfigurationError(f"{COMMAND_LINE}: {quoted_key(path)} is not a key")
        field = annotation.model_fields.get(name)
        if field is None:
            hint = unknown_key(path[: depth + 1], annotation.model_fields)
            raise ConfigurationError(f"{COMMAND_LINE}: {hint}")
        annotation = field.annotation
        if getattr(annotation, "__origin__", None) is FREE_TABLE:
            return object
    return annotation


def _value(text: str, annotation: Any) -> Any:
    if annotation is str:
        return text
    if annotation is Path or Path in get_args(annotation):
        return str(Path(text).expanduser().absolute()) if text else ""
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return read["value"] if len(read) == 1 else text


def _with(tables: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    name, rest = path[0], path[1:]
    if not rest:
        return {**tables, name: value}
    inner = tables.get(name, {})
    return {**tables, name: _with(inner if isinstance(inner, dict) else {}, rest, value)}
