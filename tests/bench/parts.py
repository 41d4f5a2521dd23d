"""An area that is a table of parts: any of them can be asked for alone, and none hides another.

Used by the areas `recorder` (of `scripts/soak`) and `dock` (of `scripts/soak` and `scripts/bench`).
A part is a module that has `rows(settings) -> list[Row]`; it is imported when it is run, so that a
part that lacks something of the machine breaks off alone.
"""

import logging
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from tests.bench.report import Row, emit, options
from tests.bench.settings import QUICK_SCALE, Settings

log = logging.getLogger(__name__)

Parts = Mapping[str, str]
"""The module of each part, by the name that `--only` takes."""


def run_area(
    area: str, what: str | None, parts: Parts, arguments: Sequence[str] | None = None
) -> int:
    """Run the parts asked for, all without `--only`; the exit code is 0 when no row failed."""
    args = _arguments(what, parts, arguments)
    settings = Settings(args.seed, args.times, QUICK_SCALE if args.quick else 1.0)
    wanted = {name: parts[name] for name in parts if name in (args.only or parts)}
    return emit(area, run_parts(wanted, settings), as_json=args.json)


def run_parts(parts: Parts, settings: Settings) -> list[Row]:
    """The rows of all parts, in their order. A part that breaks off costs its own rows alone:
    what the others found in half an hour still counts."""
    found: list[Row] = []
    for name, module in parts.items():
        print(f"running {name} ...", file=sys.stderr, flush=True)
        try:
            rows: Callable[[Settings], list[Row]] = import_module(module).rows
            found += rows(settings)
        except Exception as error:
            log.exception("%s has broken off", name)
            found.append(Row(f"{name}: broken off", type(error).__name__, ok=False))
    return found


def _arguments(what: str | None, parts: Parts, arguments: Sequence[str] | None) -> Namespace:
    def chosen(text: str) -> list[str]:
        names = text.split(",")
        unknown = [name for name in names if name not in parts]
        if unknown:
            raise ArgumentTypeError(f"no part {unknown[0]!r}; there are {', '.join(parts)}")
        return names

    parser = options(what)
    parser.add_argument("--only", type=chosen, metavar="PART[,PART]", help=f"of {','.join(parts)}")
    parser.add_argument("--quick", action="store_true", help="a twentieth of everything")
    parser.add_argument("--times", type=int, help="tries, instead of each part's own number")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (%(default)s)")
    return parser.parse_args(arguments)
