"""The `bwv` command: reads the command line, runs one sub-command, turns errors into lines.

Exit codes: 0 success, 1 failure, 2 a wrong command line, 130 interrupted.
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bwv_device.cli.command import Command
from bwv_device.cli.table import BUILT_IN, CommandError, describe, find, load, rows
from bwv_device.errors import BwvError
from bwv_device.version import VERSION
from hal.errors import HalError

FAILURE = 1
USAGE = 2
INTERRUPTED = 130
LOG_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command and return its exit code; argparse exits by itself on a wrong
    command line and after `--help`."""
    first = _first_parser().parse_args(argv)
    if first.command is None:
        _first_parser().print_help(sys.stderr)
        return USAGE
    _join_words(first)
    try:
        command = load(find(first.command))
    except CommandError as error:
        _tell(error, as_json=first.json)
        return USAGE
    return _run(command, _arguments(command, first))


def _join_words(first: argparse.Namespace) -> None:
    """A command of two words, such as `dock enrol`, stands in the table under both of them."""
    both = " ".join([first.command, *first.rest[:1]])
    if both in {row.name for row in BUILT_IN}:
        first.command, first.rest = both, first.rest[1:]


def _first_parser() -> argparse.ArgumentParser:
    """Knows the options before the command, and the command's name."""
    parser = _FirstParser(
        prog="bwv",
        description="An open body-worn video camera.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"bwv-device {VERSION}")
    _add_common(parser)
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="what to do")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="its options")
    return parser


class _FirstParser(argparse.ArgumentParser):
    """Looks the commands up only when somebody wants to read about them."""

    def format_help(self) -> str:
        names = "\n".join(f"  {row.name:<12}{describe(row)}" for row in rows())
        self.epilog = f"commands:\n{names}\n\nbwv COMMAND --help says more."
        return super().format_help()


def _add_common(parser: argparse.ArgumentParser) -> None:
    """The options of every command; they may stand before or after its name."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration (TOML)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="set one key over the configuration, such as pre_record.length_s=10",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument(
        "-v", "--verbose", action="count", default=0, help="log more; twice for everything"
    )


def _arguments(command: Command, first: argparse.Namespace) -> argparse.Namespace:
    """The command's own options, with the common ones of both places."""
    # A command may state a common option in its own words, so the later one wins.
    parser = argparse.ArgumentParser(
        prog=f"bwv {command.name}", description=command.help, conflict_handler="resolve"
    )
    _add_common(parser)
    command.configure(parser)
    args = parser.parse_args(first.rest)
    args.json = args.json or first.json
    args.config = args.config or first.config
    args.verbose = args.verbose + first.verbose
    args.overrides = _overrides(parser, [*first.set, *args.set])
    return args


def _overrides(parser: argparse.ArgumentParser, pairs: Sequence[str]) -> dict[str, str]:
    overrides: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            parser.error(f"--set takes KEY=VALUE, not {pair[:60]!r}")
        overrides[key.strip()] = value
    return overrides


def _run(command: Command, args: argparse.Namespace) -> int:
    level = LOG_LEVELS[min(args.verbose, len(LOG_LEVELS) - 1)]
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        return command.run(args)
    except (BwvError, HalError) as error:
        logging.getLogger(__name__).debug("where it came from", exc_info=True)
        _tell(error, as_json=args.json)
        return FAILURE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (`bwv clips | head`): there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE


def _tell(error: BwvError | HalError, *, as_json: bool) -> None:
    """Say what went wrong: to people on standard error, to machines on standard output."""
    print(f"bwv: {error}", file=sys.stderr)
    if as_json:
        kind = error.kind.value if isinstance(error, BwvError) else "fault"
        about = {"type": type(error).__name__, "kind": kind, "message": str(error)}
        print(json.dumps({"ok": False, "error": about}))


if __name__ == "__main__":
    sys.exit(main())
