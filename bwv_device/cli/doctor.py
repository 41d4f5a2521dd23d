"""`bwv doctor`: what hardware, libraries and permissions are there, and what to do about what
is not. Looks only; opens no camera and changes nothing."""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bwv_device.cli.command import Command
from bwv_device.cli.diagnosis import destination, encoder, hardware, identity, machine, token
from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.configuration import Configuration, load_configuration

CHECKS: tuple[Callable[[Configuration], Iterator[Finding]], ...] = (
    machine.python,
    hardware.parts,
    hardware.battery,
    hardware.memory,
    hardware.cameras,
    hardware.microphones,
    encoder.encoder,
    machine.ffmpeg,
    machine.store,
    destination.destination,
    identity.identity,
    token.token,
)

STYLE = {Health.OK: "green", Health.WARN: "yellow", Health.MISSING: "bold red"}


def examine(configuration: Configuration) -> tuple[Finding, ...]:
    """Everything that was looked at, in the order of the table above."""
    return tuple(finding for check in CHECKS for finding in check(configuration))


def configure(_parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(args: argparse.Namespace) -> int:
    """Print the findings; 1 when something that the configuration needs is missing."""
    findings = examine(load_configuration(args.config, args.overrides))
    ok = all(finding.health is not Health.MISSING for finding in findings)
    if args.json:
        print(json.dumps({"ok": ok, "findings": [asdict(finding) for finding in findings]}))
    else:
        _print(findings, ok=ok)
    return 0 if ok else 1


def _print(findings: tuple[Finding, ...], *, ok: bool) -> None:
    table = Table(show_header=True, header_style="bold", box=None, pad_edge=False)
    for heading in ("", "what", "seen", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        state = Text(finding.health.value, style=STYLE[finding.health])
        # Texts, not markup: a path may hold brackets.
        table.add_row(state, finding.what, Text(finding.seen), Text(finding.cure))
    console = Console()
    console.print(table)
    console.print("ready" if ok else "not ready: see what is missing", style="bold")


COMMAND = Command("doctor", "say what is missing here, and the cure", configure, run)
