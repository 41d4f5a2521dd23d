"""The one way in which benchmarks and long tests say what they found: a table, or JSON.

Used by the areas in `tests/bench` and `tests/soak`. An area's `main` reads its options with
`options`, collects `Row`s and ends with `sys.exit(emit(...))`.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure. `value`, `limit` and `baseline` are in `unit`; None where there is none.

    `limit` is what must hold, `baseline` what the figure is compared with (another tool, an
    earlier version). `ok` is None for a figure that is only reported.
    """

    what: str
    value: float | int | str
    unit: str = ""
    limit: float | int | str | None = None
    baseline: float | int | str | None = None
    ok: bool | None = None


def at_most(what: str, value: float, unit: str, limit: float, baseline: float | None = None) -> Row:
    """A figure that must not be above `limit`; one that is not a number is not below it."""
    return Row(what, value, unit, limit, baseline, ok=value <= limit)


def at_least(
    what: str, value: float, unit: str, limit: float, baseline: float | None = None
) -> Row:
    """A figure that must not be below `limit`."""
    return Row(what, value, unit, limit, baseline, ok=value >= limit)


def options(description: str | None) -> argparse.ArgumentParser:
    """A parser that has `--json`; the area adds its own options."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def emit(area: str, rows: Sequence[Row], *, as_json: bool) -> int:
    """Print the rows; the exit code is 0 when none failed and at least one was checked."""
    ok = all(row.ok is not False for row in rows) and any(row.ok for row in rows)
    if as_json:
        result = {"area": area, "ok": ok, "rows": [_plain(row) for row in rows]}
        print(json.dumps(result, indent=2, allow_nan=False))
    else:
        Console(file=sys.stdout).print(_table(area, rows))
        print(f"{area}: {'passed' if ok else 'FAILED'}")
    return 0 if ok else 1


def _plain(row: Row) -> dict[str, object]:
    """The row as JSON has it, which knows no NaN and no infinity: they become text."""
    return {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(row).items()
    }


def _table(area: str, rows: Sequence[Row]) -> Table:
    table = Table(title=area)
    for heading in ("what", "value", "unit", "limit", "baseline", ""):
        table.add_column(heading, justify="left" if heading in ("what", "unit", "") else "right")
    for row in rows:
        verdict = {True: "ok", False: "[red]FAILED[/red]", None: ""}[row.ok]
        cells = (row.what, _figure(row.value), row.unit, _figure(row.limit))
        table.add_row(*cells, _figure(row.baseline), verdict)
    return table


def _figure(value: float | int | str | None) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
