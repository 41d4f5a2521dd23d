"""The dock attacked, fuzzed, killed and cut from its power: nothing lost, doubled or made up."""

import sys
from collections.abc import Sequence

from tests.bench.parts import run_area

PARTS = {
    "conformity": "tests.soak.dock_conformity",
    "hostile": "tests.soak.dock_hostile",
    "kills": "tests.soak.dock_kills",
    "powercut": "tests.soak.dock_powercut",
    "fuzz": "tests.soak.dock_fuzz",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts asked for; the exit code is 0 when no row failed."""
    return run_area("dock", __doc__, PARTS, arguments)


if __name__ == "__main__":
    sys.exit(main())
