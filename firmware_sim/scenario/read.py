"""Reads a scenario file; a mistake is told with its line and column, and what was meant.

Who uses it: `bwv sim run`, and tests. PyYAML gives the marks, pydantic the shape.
"""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from firmware_sim.errors import ScenarioError
from firmware_sim.scenario.model import ACTS, Look, Scenario, Step

Place = tuple[int | str, ...]
_KEYS = sorted({*Scenario.model_fields, *Step.model_fields, *Look.model_fields})


def read_scenario(path: Path) -> Scenario:
    """Raises `ScenarioError` for whatever is wrong with the file, all of it at once."""
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.load(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} can't be read: {error}") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path}: it is not YAML: {error}") from error
    try:
        return Scenario.model_validate(values)
    except ValidationError as error:
        told = [_told(path, root, each) for each in error.errors()]
        raise ScenarioError("\n".join(told)) from error


def _told(path: Path, root: yaml.Node | None, error: ErrorDetails) -> str:
    line, column = _mark(root, error["loc"])
    return f"{path}:{line}:{column}: {'.'.join(map(str, error['loc']))}: {_words(error)}"


def _words(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return f"there is no such key{_meant(str(error['loc'][-1]), _KEYS)}"
    if error["type"] == "literal_error" and error["loc"][-1] == "do":
        return f"there is no act {error['input']!r}{_meant(str(error['input']), ACTS)}"
    return error["msg"].removeprefix("Value error, ")


def _meant(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known)}"


def _mark(root: yaml.Node | None, place: Place) -> tuple[int, int]:
    """Line and column, from 1, of the innermost thing at `place` that is in the file."""
    node = root
    for step in place:
        inner = next(_children(node, step), None)
        if inner is None:
            break
        node = inner
    return (1, 1) if node is None else (node.start_mark.line + 1, node.start_mark.column + 1)


def _children(node: yaml.Node | None, step: int | str) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        yield node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                # For a key that nobody knows the key is the place, for a value the value.
                yield key if step not in _KEYS else value
