"""Turns what the validator found into sentences that name the place, the key and the cure.

Used by `load` and `overrides`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeGuard, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bwv_device.configuration.limits import allowed
from bwv_device.configuration.lines import line_of

MOST_SHOWN_CHARACTERS = 60
"""A refused value is quoted up to here: it may be ten thousand characters long."""

COMMAND_LINE = "command line"


@dataclass(frozen=True)
class Source:
    """Where a configuration came from: a file's name and text, and the keys (dotted) that the
    command line set over it."""

    name: str
    text: str = ""
    overridden: frozenset[str] = field(default_factory=frozenset)

    def place(self, path: Sequence[str]) -> str:
        """Where `path` was stated, with the line where it is known."""
        if ".".join(path) in self.overridden:
            return COMMAND_LINE
        line = line_of(self.text, path)
        return f"{self.name}, line {line}" if line else self.name


def describe(error: ValidationError, model: type[BaseModel], source: Source) -> str:
    """One line for each problem, in the order of the model's keys."""
    return "\n".join(_sentence(detail, model, source) for detail in error.errors())


def unknown_key(path: Sequence[str], known: Iterable[str]) -> str:
    """What is wrong with `path`, whose last part no table knows, and what was meant."""
    names = sorted(known)
    near = get_close_matches(path[-1], names, n=1)
    table = f"[{'.'.join(path[:-1])}]" if path[:-1] else "a configuration"
    hint = f"did you mean {near[0]}?" if near else f"{table} knows {', '.join(names)}"
    return f"{quoted_key(path)} is not a key: {hint}"


def quoted_key(path: Sequence[str]) -> str:
    """`path` with dots; a part that is no plain word is quoted and, when long, cut."""
    return ".".join(
        part if part.isidentifier() and len(part) <= MOST_SHOWN_CHARACTERS else _shown(part)
        for part in path
    )


def _sentence(detail: ErrorDetails, model: type[BaseModel], source: Source) -> str:
    path = [str(part) for part in detail["loc"]]
    place = source.place(path)
    table = _table(model, path[:-1])
    if detail["type"] == "extra_forbidden":
        return f"{place}: {unknown_key(path, table.model_fields if table else ())}"
    if detail["type"] == "missing":
        return f"{place}: {quoted_key(path)} is missing"
    if detail["type"] == "value_error":
        rule = detail["msg"].removeprefix("Value error, ")
    elif table and path[-1] in table.model_fields:
        rule = f"must be {allowed(table, path[-1])}"
    else:
        rule = detail["msg"]
    if isinstance(detail["input"], dict | BaseModel):
        return f"{place}: {quoted_key(path)}: {rule}"
    return f"{place}: {quoted_key(path)} = {_shown(detail['input'])}: {rule}"


def _table(model: type[BaseModel], path: Sequence[str]) -> type[BaseModel] | None:
    """The model of the table at `path`, None when it is not one of the model's tables."""
    kind: object = model
    for name in path:
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]  # a table of tables: any name has the same keys
            continue
        found = kind.model_fields.get(name) if _is_model(kind) else None
        kind = found.annotation if found else None
    return kind if _is_model(kind) else None


def _is_model(kind: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _shown(value: object) -> str:
    shown = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    if len(shown) <= MOST_SHOWN_CHARACTERS:
        return shown
    return f"{shown[:MOST_SHOWN_CHARACTERS]}... ({len(str(value))} characters)"
