"""The dock: what evidence costs, how fast a clip comes in, how many cameras at once."""

import sys
from collections.abc import Sequence

from tests.bench.parts import run_area

PARTS: dict[str, str] = {
    "throughput": "tests.bench.dock_throughput",
    "fleet": "tests.bench.dock_fleet",
    "ledger": "tests.bench.dock_ledger",
    "cost": "tests.bench.dock_evidence_cost",
    "tampering": "tests.bench.dock_tampering",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts asked for; the exit code is 0 when every limit holds."""
    return run_area("dock", __doc__, PARTS, arguments)


if __name__ == "__main__":
    sys.exit(main())
