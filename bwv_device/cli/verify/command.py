"""`bwv verify`: says what a clip proves, without server and network.

Exit codes: 0 only if all of it is authentic; the others are those of
`bwv_device.evidence.verification.verdict.EXIT_CODES`.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from bwv_device.cli.command import Command
from bwv_device.cli.printing import console
from bwv_device.cli.verify.options import add_key_options, add_trust_options, key_of, trust_of
from bwv_device.cli.verify.outcome import Outcome, exit_code, to_json
from bwv_device.cli.verify.screen import show, show_missing
from bwv_device.evidence.verification.checks import verify
from bwv_device.evidence.verification.gather import Gatherer, find_clips, no_clips
from bwv_device.evidence.verification.missing import missing_clips


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `bwv verify`."""
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a clip, a recording's folder, a store, a server's directory, a court pack",
    )
    add_trust_options(parser)
    add_key_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the verdicts; raises `StoreError` where there is no clip, `ConfigurationError` for an
    anchor that can't be read."""
    outcomes = list(_outcomes(args.paths, Gatherer(trust_of(args), key_of(args))))
    missing = [one for path in args.paths for one in missing_clips(path)]
    if not outcomes and not missing:
        raise no_clips(args.paths)
    if args.json:
        print(json.dumps(to_json(outcomes, missing)))
    else:
        show(outcomes, console())
        show_missing(missing, console())
    return exit_code(outcomes, missing)


def _outcomes(paths: Iterable[Path], gatherer: Gatherer) -> Iterator[Outcome]:
    for place in find_clips(paths):
        evidence = gatherer.gather(place)
        verdict = verify(evidence)
        yield Outcome(place.path, place.container, evidence.body.stored_sha256, verdict)


COMMAND = Command("verify", "say what a clip proves", configure, run)
