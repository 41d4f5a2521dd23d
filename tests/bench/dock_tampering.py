"""Tampering cases that `bwv verify` names rightly, each with and without the clip's manifest.

Used by `scripts/bench dock`. The table is the one of the tests; the untouched clip counts as a
case, because calling it altered would be as wrong.
"""

import sys

from tests.bench.report import Row
from tests.bench.settings import Settings
from tests.support.tampering import ROWS, faults


def rows(settings: Settings) -> list[Row]:  # noqa: ARG001 - as every part has it
    """One row; what is not named rightly is told on standard error."""
    wrong = {name: found for name, row in ROWS.items() if (found := list(faults(row)))}
    for name, found in wrong.items():
        print(f"{name}: {found}", file=sys.stderr)
    named, what = len(ROWS) - len(wrong), "tampering cases named rightly, with their second"
    return [Row(what, named, f"of {len(ROWS)}", limit=len(ROWS), ok=not wrong)]
