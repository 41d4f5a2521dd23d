"""What a key allows, in plain words, from the model's own schema.

Used for error messages and for the reference page, so that both say the same.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]


def allowed(model: type[BaseModel], key: str) -> str:
    """What `key` of `model` may be, such as `a number from 0 to 120`."""
    return _in_words(_schema(model)["properties"][key])


@cache
def _schema(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def _in_words(schema: Schema) -> str:
    if words := schema.get("allowed"):
        return str(words)
    if choices := schema.get("enum"):
        return "one of " + ", ".join(_literal(choice) for choice in choices)
    kinds = [schema, *schema.get("anyOf", ())]
    for kind in kinds:
        if wording := WORDS.get((kind.get("type"), kind.get("format"))):
            return wording(schema)
    return "a table"


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _number(schema: Schema) -> str:
    return "a number" + _range(schema)


def _whole_number(schema: Schema) -> str:
    step = schema.get("multipleOf")
    return "a whole number" + _range(schema) + (f", a multiple of {step}" if step else "")


def _range(schema: Schema) -> str:
    """Both ends where both are given; an upper end may be the first value too large."""
    least, most, below = (schema.get(name) for name in ("minimum", "maximum", "exclusiveMaximum"))
    if least is None:
        return ""
    if most is not None:
        return f" from {least} to {most}"
    return f" from {least} up, below {below}" if below is not None else f" from {least} up"


WORDS: Mapping[tuple[str | None, str | None], Callable[[Schema], str]] = {
    ("number", None): _number,
    ("integer", None): _whole_number,
    ("boolean", None): lambda _: "true or false",
    ("string", None): lambda _: "text",
    ("string", "uuid"): lambda _: "a UUID as text",
    ("string", "path"): lambda schema: (
        "an absolute path or empty" if "anyOf" in schema else "an absolute path"
    ),
    ("object", None): lambda _: "a table of the driver's own keys",
}
