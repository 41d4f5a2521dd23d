"""`bwv dock authority`: makes an authority, gives out codes, revokes, lists.

Who uses it: `dock_server.cli`. It may run beside a server on the same directory.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bwv_device.evidence.identity.profile import utc_ns
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import check_serial
from bwv_device.protocol.times import rfc3339
from dock_server.authority.authority import Authority
from dock_server.authority.codes import LIFE_H, new_code
from dock_server.authority.revocation import Issued, issued, revoke
from dock_server.clock import SYSTEM_CLOCK
from dock_server.errors import StartError

HOURS_MAX = 24.0 * 31


@dataclass(frozen=True, slots=True)
class Listed:
    """A certificate as it is listed."""

    number: str
    holder: str
    begin: str
    end: str
    state: str
    """`valid`, `run out` or `revoked`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the four actions and their options."""
    actions = parser.add_subparsers(dest="authority_action", required=True, metavar="ACTION")
    init = _action(actions, "init", "make an authority", _init)
    init.add_argument("--name", required=True, help="shown in every certificate: the force's name")
    code = _action(actions, "code", "print a code that lets one device enrol once", _code)
    code.add_argument("serial", metavar="SERIAL", help="the device's serial number")
    code.add_argument("--hours", type=_hours, default=LIFE_H, help="how long (%(default)s)")
    out = _action(actions, "revoke", "shut a device out from its next request on", _revoke)
    out.add_argument("serial", metavar="SERIAL", help="the device's serial number")
    out.add_argument("--reason", default="not stated", help="kept with the revocation")
    _action(actions, "list", "list what was issued", _list)


def run(args: argparse.Namespace) -> int:
    """Carry one action out; raises `StartError` with what to do next."""
    try:
        action: Callable[[argparse.Namespace], dict[str, Any]] = args.carry_out
        said = action(args)
    except OSError as error:
        raise StartError(f"the authority's files can't be used: {error}") from error
    if args.json:
        print(json.dumps({"ok": True, **said}))
    return 0


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    what: str,
    carry_out: Callable[[argparse.Namespace], dict[str, Any]],
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=what)
    parser.add_argument("--dir", type=Path, required=True, help="the server's directory")
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object"
    )
    parser.set_defaults(carry_out=carry_out)
    return parser


def _init(args: argparse.Namespace) -> dict[str, Any]:
    authority = Authority.create(args.dir.resolve(), args.name, SYSTEM_CLOCK)
    _say(
        args,
        f"The authority {authority.name} is in {authority.files.folder}. Keep a copy of that "
        "folder where nobody else can read it; verifiers are given "
        f"{authority.files.certificate.name} alone.",
    )
    return {"name": authority.name, "certificate": str(authority.files.certificate)}


def _code(args: argparse.Namespace) -> dict[str, Any]:
    code = new_code(_open(args), args.serial, args.hours)
    _say(args, f"{code}    for {args.serial}, once, within {args.hours:g} h")
    return {"serial": args.serial, "code": code, "hours": args.hours}


def _revoke(args: argparse.Namespace) -> dict[str, Any]:
    try:
        serial = check_serial(args.serial)
    except ProtocolError as error:
        raise StartError(str(error)) from error
    count = revoke(_open(args), serial, args.reason)
    if not count:
        raise StartError(f"{serial} has no certificate that counts; its codes, if any, are void")
    _say(args, f"{serial} is shut out: {count} certificates revoked. A new code lets it in again.")
    return {"serial": serial, "certificates": count}


def _list(args: argparse.Namespace) -> dict[str, Any]:
    authority = _open(args)
    rows = [_listed(authority, one) for one in issued(authority)]
    for row in rows:
        _say(args, f"{row.state:8}  {row.end}  {row.holder:32}  {row.number}")
    return {"certificates": [asdict(row) for row in rows]}


def _listed(authority: Authority, one: Issued) -> Listed:
    begin, end = one.certificate.not_valid_before_utc, one.certificate.not_valid_after_utc
    ran_out = authority.clock.utc_ns() > utc_ns(end)
    revoked = one.revoked_utc_ns is not None
    return Listed(
        number=f"{one.certificate.serial_number:040x}",
        holder=str(one.role or "server"),
        begin=rfc3339(utc_ns(begin)),
        end=rfc3339(utc_ns(end)),
        state="revoked" if revoked else "run out" if ran_out else "valid",
    )


def _open(args: argparse.Namespace) -> Authority:
    return Authority.open(args.dir.resolve(), SYSTEM_CLOCK)


def _say(args: argparse.Namespace, text: str) -> None:
    if not args.json:
        print(text)


def _hours(text: str) -> float:
    value = float(text)
    if not 0 < value <= HOURS_MAX:
        raise argparse.ArgumentTypeError(f"a code lives up to {HOURS_MAX:g} h")
    return value
