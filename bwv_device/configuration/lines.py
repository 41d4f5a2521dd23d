"""Where a key stands in a TOML file, so that an error can name the line.

Used by `problems` only. `tomllib` and `tomlkit` give no line numbers for parsed keys, so this
looks for the table's heading and the key below it. It knows bare and quoted keys, one heading
a line; a key written in another way gets no line, and the error is as true without it.
"""

import re
import tomllib
from collections.abc import Sequence

HEADING = re.compile(r"^\s*\[+(?P<name>[^\]]+)\]+\s*(#.*)?$")
ASSIGNMENT = re.compile(r"^\s*(?P<key>(?:[A-Za-z0-9_\-.]|\"[^\"]*\"|'[^']*')+)\s*=")


def line_of(text: str, path: Sequence[str]) -> int | None:
    """The 1-based line that states `path`, or the nearest table above it; None when neither
    is found."""
    best: tuple[int, int] | None = None
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := HEADING.match(line):
            table = stated = _parts(heading["name"])
        elif assignment := ASSIGNMENT.match(line):
            stated = table + _parts(assignment["key"])
        else:
            continue
        depth = len(stated)
        if stated == tuple(path[:depth]) and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None


def _parts(dotted: str) -> tuple[str, ...]:
    """`a."b.c"` as ("a", "b.c"), by the parser's own rules; a line inside a text is no key."""
    try:
        node: object = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return ("",)
    names: list[str] = []
    while isinstance(node, dict):
        name, node = next(iter(node.items()))
        names.append(name)
    return tuple(names)
