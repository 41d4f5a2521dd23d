"""The recorder for hours: triggers, kills, cuts, drift; nothing lost, nothing that grows."""

import sys
from collections.abc import Sequence

from tests.bench.parts import run_area

PARTS = {
    "triggers": "tests.soak.recorder_triggers",
    "hours": "tests.soak.recorder_hours",
    "drift": "tests.soak.recorder_drift",
    "kills": "tests.soak.recorder_kills",
    "powercut": "tests.soak.recorder_powercut",
    "recovery": "tests.soak.recorder_recovery",
    "rig": "tests.soak.recorder_rig",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts asked for; the exit code is 0 when no row failed."""
    return run_area("recorder", __doc__, PARTS, arguments)


if __name__ == "__main__":
    sys.exit(main())
