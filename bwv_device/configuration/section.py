"""What the sections of a configuration have in common; used by the section modules only."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NAME_MOST_BYTES = 100
"""The dock protocol gives names of users and devices 100 bytes of UTF-8."""


class Section(BaseModel):
    """A table of the file: no unknown key, no silent conversion, no change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _plain_name(value: object) -> object:
    """Refuse what would break a header, a log line or the screen; emoji and quotes pass."""
    if not isinstance(value, str):
        return value
    if CONTROL.search(value):
        raise ValueError("may hold no control character (NUL, tab, line break)")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise ValueError("is not Unicode text") from None
    if size > NAME_MOST_BYTES:
        raise ValueError(f"may be {NAME_MOST_BYTES} bytes of UTF-8 at most, and this is {size}")
    return value


def _absolute_path(value: object) -> object:
    """Where a service starts is chance, so a relative path would be too."""
    if not isinstance(value, str | Path):
        return value
    if "\0" in str(value):
        raise ValueError("may hold no NUL character")
    path = Path(value).expanduser()
    if not path.is_absolute():
        raise ValueError("must be an absolute path, or begin with ~/")
    return path


def _path_or_none(value: object) -> object:
    return None if value == "" else _absolute_path(value)


PersonName = Annotated[
    str,
    BeforeValidator(_plain_name),
    Field(
        max_length=NAME_MOST_BYTES,
        json_schema_extra={
            "allowed": f"at most {NAME_MOST_BYTES} bytes of text, any script, no control character"
        },
    ),
]
"""A name that people gave: at most 100 bytes, any script, no control character."""

AbsolutePath = Annotated[Path, BeforeValidator(_absolute_path)]
"""An absolute path; `~/` stands for the home folder."""

OptionalPath = Annotated[Path | None, BeforeValidator(_path_or_none)]
"""An absolute path, or the empty string for none."""
