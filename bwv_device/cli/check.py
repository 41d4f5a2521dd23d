"""`bwv check`: proves that journal and files agree, or says where they do not and what to do.

It reads every byte of every clip and changes nothing; a running agent may go on recording.
"""

import argparse
import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from bwv_device.cli.command import Command
from bwv_device.cli.printing import console, counted, harmless, table
from bwv_device.cli.store_option import add_store_option, store_folder
from bwv_device.evidence.check import Finding, Severity, bytes_to_read, check
from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.journal import Journal

_STYLES = {Severity.WRONG: "bold red", Severity.PENDING: "yellow"}


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `bwv check`."""
    add_store_option(parser)


def run(args: argparse.Namespace) -> int:
    """Print the findings; 1 when one of them is wrong. What is pending is no failure."""
    folder = store_folder(args)
    with closing(Journal.open_for_reading(folder)) as journal:
        findings = _check(folder, journal)
        clips = _count(journal)
    ok = all(finding.severity is not Severity.WRONG for finding in findings)
    if args.json:
        found = [asdict(finding) for finding in findings]
        print(json.dumps({"ok": ok, "store": str(folder), "clips": clips, "findings": found}))
    else:
        _print(findings, clips, ok=ok)
    return 0 if ok else 1


def _check(folder: Path, journal: Journal) -> list[Finding]:
    """With a bar on standard error, where there is a terminal."""
    errors = Console(stderr=True)
    bar = Progress(
        TextColumn("hashing"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    with bar:
        task = bar.add_task("hashing", total=_total(folder, journal))
        return check(folder, journal, lambda read: bar.advance(task, read))


def _total(folder: Path, journal: Journal) -> int | None:
    try:
        return bytes_to_read(folder, journal)
    except StoreError:
        # The check itself says what is wrong with the journal; the bar can do without.
        return None


def _count(journal: Journal) -> int | None:
    """How many clips the journal has; None when it is too broken to say."""
    try:
        return len(journal.clips())
    except StoreError:
        return None


def _print(findings: list[Finding], clips: int | None, *, ok: bool) -> None:
    out = console()
    listed = table("", "where", "what", "what to do")
    for finding in findings:
        severity = harmless(finding.severity.value, style=_STYLES[finding.severity])
        listed.add_row(severity, *map(harmless, (finding.where, finding.what, finding.to_do)))
    if findings:
        out.print(listed)
    wrong = sum(finding.severity is Severity.WRONG for finding in findings)
    pending = len(findings) - wrong
    verdict = "journal and files agree" if ok else f"{wrong} wrong"
    out.print(f"{verdict}; {counted(clips or 0, 'clip')}, {pending} pending", style="bold")


COMMAND = Command("check", "prove that journal and files agree", configure, run)
