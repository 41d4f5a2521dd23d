"""The commands `bwv dock serve` and `bwv dock authority`, under the entry point group
`bwv.commands`.

Who uses it: the `bwv` command, which finds `COMMAND` by its attributes; the server imports
nothing of the device's command line.
"""

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dock_server.authority import cli as authority_cli
from dock_server.authority.authority import Authority
from dock_server.authority.codes import LIFE_H
from dock_server.errors import DockServerError, StartError
from dock_server.gate import is_loopback
from dock_server.serve import Place, Running, run_server

WILDCARDS = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class DockCommand:
    """What `bwv` needs of a command: see `bwv_device.cli.command.Command`."""

    name: str
    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add `serve` and `authority` with their options."""
    parser.epilog = "On the camera: `bwv dock enrol` gets it a certificate."
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    authority = actions.add_parser("authority", help="certificates: make, give codes, revoke, list")
    authority_cli.configure(authority)
    _configure_serve(actions)


def _configure_serve(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    serve = actions.add_parser("serve", help="receive recordings until stopped")
    serve.add_argument("--dir", type=Path, required=True, help="where everything is kept")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serve.add_argument("--port", type=_port, default=8080, help="0 picks a free one (%(default)s)")
    serve.add_argument("--user", help="the account's name in the connection file")
    serve.add_argument("--site-name", default="Local dock", help="shown on page and camera")
    serve.add_argument(
        "--insecure-http",
        action="store_true",
        help="allow an address that others can reach, without encryption: for tests only",
    )
    _add_identity_options(serve)
    serve.add_argument(
        "--seal-for",
        type=Path,
        metavar="PEM",
        help="RSA public key that cameras seal their footage for; once given, it stays",
    )
    serve.add_argument("--advertise", help="host that cameras are told, if not --host")
    serve.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="end when standard input does, so as not to outlive a program that started it",
    )
    serve.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="say where it listens as one JSON object",
    )


def _add_identity_options(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--tls",
        action="store_true",
        help="make an authority where there is none; where there is one it is TLS always",
    )
    serve.add_argument(
        "--enrol",
        action="append",
        default=[],
        metavar="SERIAL",
        help="print a code for this device; may be given several times",
    )
    serve.add_argument(
        "--passwords",
        action="store_true",
        help="with TLS, let other makers' clients in by the account's key as well",
    )
    serve.add_argument(
        "--page-port", type=_port, default=0, help="with TLS, where this machine's browser looks"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT, or see to the authority. Raises `DockServerError`."""
    os.umask(0o077)  # footage and keys: nothing in the directory is for other users
    if args.action == "authority":
        return authority_cli.run(args)
    try:
        run_server(_place(args), lambda running: _announce(running, args.json))
    except OSError as error:
        raise StartError(f"the server can't go on: {error}") from error
    return 0


def _place(args: argparse.Namespace) -> Place:
    has_tls = args.tls or Authority.is_in(args.dir)
    if not is_loopback(args.host) and not has_tls and not args.insecure_http:
        raise StartError(
            f"--host {args.host}: without TLS key and footage would cross the network in the "
            "clear; give --tls, or use 127.0.0.1, or --insecure-http on a closed test network"
        )
    if args.host in WILDCARDS and not args.advertise:
        raise StartError("--host is every address: say by --advertise which one cameras use")
    if args.until_stdin_closes and sys.stdin is None:
        raise StartError("--until-stdin-closes needs a pipe as standard input: it is closed")
    return Place(
        directory=args.dir,
        host=args.host,
        port=args.port,
        advertise=args.advertise or args.host,
        user_name=args.user,
        site_name=args.site_name,
        until_stdin_closes=args.until_stdin_closes,
        tls=args.tls,
        page_port=args.page_port,
        passwords=args.passwords,
        seal_for=args.seal_for,
        enrol=tuple(args.enrol),
    )


def _announce(running: Running, as_json: bool) -> None:
    if as_json:
        print(json.dumps(dataclasses.asdict(running)), flush=True)
        return
    print(
        f"Content destination on {running.url} (port {running.port}), files in "
        f"{running.directory}, connection file {running.connection_file}. Ctrl-C ends it.",
        flush=True,
    )
    if running.page_url != running.url:
        print(f"Page for a browser on this machine: {running.page_url}", flush=True)
    if running.passwords_file is not None:
        print(f"For other makers' clients: {running.passwords_file}", flush=True)
    for serial, code in running.codes.items():
        print(f"{serial} enrols once, within {LIFE_H:g} h, with the code {code}", flush=True)


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return value


COMMAND = DockCommand("dock", "run a local content destination", configure, run)


def main() -> int:
    """For `python -m dock_server.cli`, without the `bwv` command."""
    parser = argparse.ArgumentParser(prog="bwv dock")
    parser.set_defaults(json=False)
    configure(parser)
    try:
        return run(parser.parse_args())
    except DockServerError as error:
        print(f"bwv dock: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
