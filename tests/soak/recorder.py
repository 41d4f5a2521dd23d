"""The recorder for hours: triggers, kills, cuts, drift; nothing lost, nothing that grows."""

import logging
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from importlib import import_module

from tests.bench.report import Row, emit, options
from tests.soak.recorder_settings import QUICK_SCALE, Settings

log = logging.getLogger(__name__)

PARTS = {
    "triggers": "tests.soak.recorder_triggers",
    "hours": "tests.soak.recorder_hours",
    "drift": "tests.soak.recorder_drift",
    "kills": "tests.soak.recorder_kills",
    "powercut": "tests.soak.recorder_powercut",
    "recovery": "tests.soak.recorder_recovery",
    "rig": "tests.soak.recorder_rig",
}
"""Each part's module, imported when it is run; it has `rows(settings) -> list[Row]`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts asked for; the exit code is 0 when no row failed."""
    args = _arguments(arguments)
    settings = Settings(args.seed, args.times, QUICK_SCALE if args.quick else 1.0)
    wanted = [name for name in PARTS if name in (args.only or PARTS)]
    return emit("recorder", run_parts(wanted, settings), as_json=args.json)


def run_parts(names: Sequence[str], settings: Settings) -> list[Row]:
    """The rows of all parts, in their order. A part that breaks off costs its own rows alone:
    what the others found in half an hour still counts."""
    found: list[Row] = []
    for name in names:
        print(f"running {name} ...", file=sys.stderr, flush=True)
        try:
            rows: Callable[[Settings], list[Row]] = import_module(PARTS[name]).rows
            found += rows(settings)
        except Exception as error:
            log.exception("%s has broken off", name)
            found.append(Row(f"{name}: broken off", type(error).__name__, ok=False))
    return found


def _arguments(arguments: Sequence[str] | None) -> Namespace:
    parser = options(__doc__)
    parser.add_argument("--only", type=_parts, metavar="PART[,PART]", help=f"of {','.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a twentieth of everything")
    parser.add_argument("--times", type=int, help="tries, instead of each part's own number")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (%(default)s)")
    return parser.parse_args(arguments)


def _parts(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise ArgumentTypeError(f"no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
