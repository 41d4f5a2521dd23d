"""`bwv export`: writes a court pack of clips that whoever receives it can check without us."""

import argparse
import json
from pathlib import Path

from bwv_device.cli.command import Command
from bwv_device.cli.export.errors import ExportError
from bwv_device.cli.export.exporter import Exporter, exporter_for_this_pack, exporter_from_files
from bwv_device.cli.export.item import make_item
from bwv_device.cli.export.pack import Packed, PackWriter
from bwv_device.cli.export.report import About, render
from bwv_device.cli.printing import console, harmless
from bwv_device.cli.verify.options import add_key_options, add_trust_options, key_of, trust_of
from bwv_device.cli.verify.outcome import to_json
from bwv_device.cli.verify.screen import show
from bwv_device.evidence.verification.evidence import Trust
from bwv_device.evidence.verification.gather import Gatherer, find_clips, no_clips

_NOBODY = "somebody who gave no name"


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `bwv export`."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="clips, or folders")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="PACK",
        help="a new folder, or an archive if it ends in .zip",
    )
    add_trust_options(parser)
    add_key_options(parser)
    parser.add_argument("--exporter", default=_NOBODY, metavar="NAME", help="who exports")
    parser.add_argument("--reason", default="", metavar="TEXT", help="for whom, or for what case")
    parser.add_argument(
        "--sign-key", type=Path, metavar="FILE", help="key (PEM, P-256) of the exporter"
    )
    parser.add_argument(
        "--sign-certificates", type=Path, metavar="FILE", help="its certificates, leaf first"
    )


def run(args: argparse.Namespace) -> int:
    """Write the pack and say what is in it; 0 also when a clip in it is not authentic. Raises
    `ExportError`, `StoreError`, `ConfigurationError`."""
    trust = trust_of(args)
    exporter = _exporter(args, trust)
    gatherer = Gatherer(trust, key_of(args))
    places = find_clips(args.paths)
    if not places:
        raise no_clips(args.paths)
    with PackWriter(args.out) as writer:
        items = (make_item(place, gatherer) for place in places)
        packed = [writer.add(item, exporter, trust.now_utc_ns) for item in items]
        page = render(packed, exporter, trust, About(args.exporter, args.reason))
        writer.finish(packed, exporter, trust, page)
    _tell(packed, args)
    return 0


def _exporter(args: argparse.Namespace, trust: Trust) -> Exporter:
    if args.sign_key is None and args.sign_certificates is None:
        return exporter_for_this_pack(args.exporter, trust.now_utc_ns)
    if args.sign_key is None or args.sign_certificates is None:
        raise ExportError("give both --sign-key and --sign-certificates, or neither")
    return exporter_from_files(args.sign_key, args.sign_certificates)


def _tell(packed: list[Packed], args: argparse.Namespace) -> None:
    outcomes = [one.item.outcome for one in packed]
    if args.json:
        print(json.dumps(to_json(outcomes) | {"ok": True, "pack": str(args.out)}))
        return
    out = console()
    show(outcomes, out)
    for one in packed:
        if one.problem:
            out.print(harmless(f"{one.item.name}: {one.problem}", style="yellow"))
    out.print(harmless(f"written: {args.out}", style="bold"))


COMMAND = Command("export", "write a court pack of clips", configure, run)
