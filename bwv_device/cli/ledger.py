"""`bwv ledger`: what the camera did, second by second, and whether that account can be believed.

Reads a store's ledger beside a running agent, or a ledger's segments from a folder or single
files, as a server holds them; changes nothing.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bwv_device.cli.command import Command
from bwv_device.cli.printing import console, counted, harmless, table
from bwv_device.cli.store_option import add_store_option, store_folder
from bwv_device.errors import BwvError, Kind
from bwv_device.evidence.ledger.account import UNKNOWN, Account, Stretch, account, shifts
from bwv_device.evidence.ledger.check import HARMLESS, Checked, check_segments, described
from bwv_device.evidence.ledger.entry import Entry, is_hash
from bwv_device.evidence.ledger.head import Head, fingerprint
from bwv_device.evidence.ledger.read import read_segments
from bwv_device.evidence.ledger.segment import FOLDER
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.times import SECOND_NS, parse_rfc3339, rfc3339, rfc3339_ms, seconds

_SHOWN_MAX = 300
"""Characters of one entry, in a list for people."""


class LedgerOptionError(BwvError):
    """An option that can't be meant."""

    kind = Kind.REFUSE


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `bwv ledger`."""
    add_store_option(parser)
    parser.add_argument(
        "what",
        choices=sorted(_WAYS),
        nargs="?",
        default="account",
        help="account: each second from the dock to the dock; list: each entry; check: prove that "
        "nothing was changed",
    )
    parser.add_argument(
        "segments",
        type=Path,
        nargs="*",
        metavar="PATH",
        help="a folder with segments, or segments, in place of a store's ledger",
    )
    parser.add_argument("--from", dest="begin", metavar="TIME", help="only from this UTC on")
    parser.add_argument("--to", dest="end", metavar="TIME", help="only up to this UTC")
    parser.add_argument("--kind", action="append", help="list: only entries of this kind")
    parser.add_argument(
        "--head",
        action="append",
        default=[],
        metavar="LEDGER:NUMBER:HASH",
        help="check: a head that the ledger is known to have had, as a server's page shows it",
    )


def run(args: argparse.Namespace) -> int:
    """Print it; 1 where `check` finds something wrong."""
    folders = args.segments or [store_folder(args) / FOLDER]
    checked = check_segments(read_segments(folders), known=[_head(text) for text in args.head])
    if not checked.entries and not checked.findings:
        raise LedgerOptionError(
            f"no ledger in {folders[0]}: name the folder that the agent records into, or segments"
        )
    return _WAYS[args.what](args, checked)


def _check(args: argparse.Namespace, checked: Checked) -> int:
    if args.json:
        print(json.dumps(_state_of(checked)))
    else:
        _print_findings(checked)
        _print_state(checked)
    return 0 if checked.ok else 1


def _list(args: argparse.Namespace, checked: Checked) -> int:
    begin_ns, end_ns = _time(args.begin), _time(args.end)
    chosen = [
        entry
        for entry in checked.entries
        if (args.kind is None or entry.kind in args.kind)
        and (begin_ns is None or entry.stamp.utc_ns >= begin_ns)
        and (end_ns is None or entry.stamp.utc_ns < end_ns)
    ]
    if args.json:
        entries = [_entry_object(entry) for entry in chosen]
        print(json.dumps(_state_of(checked) | {"entries": entries}))
        return 0
    listed = table("n", "UTC", "kind", "what")
    for entry in chosen:
        what = harmless(_shortened(json.dumps(entry.data, ensure_ascii=False)))
        listed.add_row(str(entry.number), _utc(entry.stamp.utc_ns), harmless(entry.kind), what)
    console().print(listed)
    _print_doubts(checked)
    return 0


def _account(args: argparse.Namespace, checked: Checked) -> int:
    made = account(checked.entries, _time(args.begin), _time(args.end))
    parts = shifts(made) if args.begin is None and args.end is None else [made]
    if args.json:
        told = {"shifts": [_account_object(part) for part in parts], "remarks": made.remarks}
        print(json.dumps(_state_of(checked) | told))
        return 0
    for part in parts:
        _print_account(part)
    for remark in made.remarks:
        console().print(harmless(remark, style="dim"))
    _print_doubts(checked)
    return 0


_WAYS: dict[str, Callable[[argparse.Namespace, Checked], int]] = {
    "account": _account,
    "check": _check,
    "list": _list,
}


def _print_account(part: Account) -> None:
    out = console()
    begin_ns, end_ns = part.stretches[0].from_ns, part.stretches[-1].to_ns
    out.print(f"{_utc(begin_ns)} to {_utc(end_ns)}, {_length(end_ns - begin_ns)}", style="bold")
    listed = table("from", "to", "length", "state", "")
    for stretch in part.stretches:
        style = "bold red" if stretch.state == UNKNOWN else ""
        times = (_utc(stretch.from_ns), _utc(stretch.to_ns), _length(stretch.length_ns))
        listed.add_row(*times, harmless(stretch.state, style=style), stretch.why)
    out.print(listed)
    sums = sorted(part.lengths_ns().items(), key=lambda item: -item[1])
    out.print(harmless(", ".join(f"{state} {_length(ns)}" for state, ns in sums)))
    out.print()


def _shortened(text: str) -> str:
    """Certificates are long; `--json` has all of them."""
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."


def _print_findings(checked: Checked) -> None:
    for finding, text in zip(checked.findings, described(checked.findings), strict=True):
        style = "yellow" if finding.fault in HARMLESS else "bold red"
        console().print(harmless(text, style=style))


def _print_doubts(checked: Checked) -> None:
    if not checked.ok:
        text = "the ledger was changed or is damaged; `bwv ledger check` says where"
        console().print(text, style="bold red")


def _print_state(checked: Checked) -> None:
    out, head = console(), checked.head
    wrong = sum(finding.fault not in HARMLESS for finding in checked.findings)
    verdict = "nothing was changed" if checked.ok else f"{counted(wrong, 'place')} wrong"
    entries = len(checked.entries)
    out.print(f"{verdict}; {entries} entries proved, from {checked.begins}", style="bold")
    out.print(harmless(f"ledger {checked.ledger} of {checked.device}"))
    out.print(harmless(f"head   {head.ledger}:{head.number}:{head.hash}"), soft_wrap=True)
    out.print(_signatures(checked))


def _signatures(checked: Checked) -> str:
    if not checked.signed:
        return "signed: nothing; it proves order and completeness, and not who wrote it"
    keys = ", ".join(fingerprint(signer)[:16] for signer in checked.signers)
    return f"signed up to entry {checked.signed}, by {keys}"


def _state_of(checked: Checked) -> dict[str, Any]:
    """What every form of JSON says of the ledger."""
    return {
        "ok": checked.ok,
        "ledger": checked.ledger,
        "device": checked.device,
        "begins": checked.begins,
        "head": asdict(checked.head),
        "signed": checked.signed,
        "signers": [fingerprint(signer) for signer in checked.signers],
        "findings": [asdict(finding) for finding in checked.findings],
    }


def _entry_object(entry: Entry) -> dict[str, Any]:
    return {
        "n": entry.number,
        "kind": entry.kind,
        "run": entry.run,
        "utc": rfc3339_ms(entry.stamp.utc_ns),
        **asdict(entry.stamp),
        "data": entry.data,
    }


def _account_object(part: Account) -> dict[str, Any]:
    sums = part.lengths_ns()
    return {
        "from": rfc3339_ms(part.stretches[0].from_ns) if part.stretches else None,
        "to": rfc3339_ms(part.stretches[-1].to_ns) if part.stretches else None,
        "stretches": list(map(_stretch_object, part.stretches)),
        "seconds": {state: ns / SECOND_NS for state, ns in sums.items()},
    }


def _stretch_object(stretch: Stretch) -> dict[str, Any]:
    return {
        "from": rfc3339_ms(stretch.from_ns),
        "to": rfc3339_ms(stretch.to_ns),
        "seconds": stretch.length_ns / SECOND_NS,
        "state": stretch.state,
        "why": stretch.why,
    }


def _head(text: str) -> Head:
    ledger, _, rest = text.partition(":")
    number, _, digest = rest.partition(":")
    if not (number.isascii() and number.isdigit() and is_hash(digest)):
        raise LedgerOptionError(f"--head {text[:90]!r} is not LEDGER:NUMBER:HASH")
    return Head(ledger, int(number), digest)


def _time(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_rfc3339(text)
    except ProtocolError as error:
        raise LedgerOptionError(str(error)) from error


def _utc(utc_ns: int) -> str:
    return rfc3339(utc_ns).replace("T", " ")


def _length(length_ns: int) -> str:
    whole_s, rest_ns = divmod(length_ns, SECOND_NS)
    minutes, left_s = divmod(whole_s, 60)
    hours, left_min = divmod(minutes, 60)
    if not minutes:
        return f"{seconds(length_ns)} s"
    exact = seconds(left_s * SECOND_NS + rest_ns)
    return f"{hours} h {left_min} min {exact} s" if hours else f"{left_min} min {exact} s"


COMMAND = Command("ledger", "say what the camera did, second by second", configure, run)
