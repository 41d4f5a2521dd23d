"""Reads a configuration from a TOML file; every problem is one error that says where it is."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bwv_device.configuration.model import Configuration
from bwv_device.configuration.overrides import apply_overrides
from bwv_device.configuration.problems import Source, describe
from bwv_device.errors import ConfigurationError

MOST_BYTES = 1024 * 1024
"""A configuration is a few kilobytes; something larger is another file by mistake."""


def load_configuration(
    path: Path | None = None, overrides: Mapping[str, str] | None = None
) -> Configuration:
    """The configuration in `path`, or the defaults when it is None, with `overrides` (dotted
    key to text, as `pre_record.length_s` to `5`) set over it.

    Raises `ConfigurationError` whose text names the file, the line where it is known, the key,
    and what is allowed or was probably meant.
    """
    text = _read(path) if path else ""
    source = Source(str(path or "defaults"), text, frozenset(overrides or ()))
    tables = apply_overrides(_parse(source), overrides or {}, Configuration)
    try:
        return Configuration.model_validate(tables)
    except ValidationError as error:
        raise ConfigurationError(describe(error, Configuration, source)) from error


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: the configuration can't be read: {error.strerror}; "
            "give another file with --config"
        ) from error
    if len(data) > MOST_BYTES:
        raise ConfigurationError(f"{path}: more than {MOST_BYTES} bytes is no configuration")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}, line {line}: is not UTF-8 text") from error


def _parse(source: Source) -> dict[str, Any]:
    try:
        return tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{source.name}: is not TOML: {error}") from error
