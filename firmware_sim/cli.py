"""The command `bwv sim`, registered under the entry point group `bwv.commands`.

Who uses it: the `bwv` command.
"""

import argparse
import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bwv_device.cli.command import Command
from firmware_sim.scenario.model import Scenario
from firmware_sim.scenario.read import read_scenario
from firmware_sim.scenario.run import Outcome, run_scenario
from firmware_sim.shipped import shipped, shipped_path
from hal.interfaces.clock import NS_PER_S


def configure(parser: argparse.ArgumentParser) -> None:
    """Add `run`, `list` and `schema`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    run = actions.add_parser("run", help="run scenarios and say what was true")
    run.add_argument("scenarios", nargs="+", metavar="SCENARIO", help="a file, or a shipped name")
    run.add_argument("--seed", type=int, default=0, help="of all that is random (%(default)s)")
    run.add_argument("--log", action="store_true", help="print the whole event log")
    actions.add_parser("list", help="the scenarios that ship")
    actions.add_parser("schema", help="the JSON Schema of a scenario")


def run(args: argparse.Namespace) -> int:
    """0 when every expectation was so, 1 when one was not. Raises `ScenarioError`."""
    return {"run": _run, "list": _list, "schema": _schema}[args.action](args)


def _run(args: argparse.Namespace) -> int:
    console = Console(highlight=False)
    told, all_passed = [], True
    for name in args.scenarios:
        scenario = read_scenario(shipped_path(name))
        with tempfile.TemporaryDirectory(prefix="bwv-sim-") as folder:
            outcome = run_scenario(scenario, Path(folder), args.seed)
        all_passed &= outcome.passed
        told.append(_row(name, scenario, outcome))
        if not args.json:
            _print(console, name, scenario, outcome, with_log=args.log)
    if args.json:
        print(json.dumps({"ok": all_passed, "scenarios": told}))
    return 0 if all_passed else 1


def _row(name: str, scenario: Scenario, outcome: Outcome) -> dict[str, object]:
    return {
        "scenario": name,
        "title": scenario.title,
        "passed": outcome.passed,
        "looked": outcome.looked,
        "failures": [str(failure) for failure in outcome.failures],
        "log_sha256": outcome.log.sha256(),
    }


def _print(
    console: Console, name: str, scenario: Scenario, outcome: Outcome, *, with_log: bool
) -> None:
    if with_log:
        for fact in outcome.log.facts:
            console.print(escape(str(fact)), soft_wrap=True)
    word = "[green]passed[/]" if outcome.passed else "[bold red]FAILED[/]"
    lived = f"{outcome.ended_ns / NS_PER_S:g} s lived, {outcome.looked} looks"
    console.print(f"{word} {escape(name)}: {escape(scenario.title)} ({lived})", soft_wrap=True)
    for failure in outcome.failures:
        console.print(escape(str(failure)), soft_wrap=True)


def _list(args: argparse.Namespace) -> int:
    found = [(path.stem, read_scenario(path)) for path in shipped()]
    if args.json:
        print(json.dumps([{"scenario": name, "title": each.title} for name, each in found]))
        return 0
    for name, each in found:
        print(f"{name:<28}{each.title}")
    return 0


def _schema(_args: argparse.Namespace) -> int:
    print(json.dumps(Scenario.model_json_schema(mode="validation"), indent=2))
    return 0


COMMAND = Command("sim", "simulate a camera in virtual time", configure, run)
