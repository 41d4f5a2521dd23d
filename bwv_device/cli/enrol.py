"""`bwv dock enrol`: gets this camera its certificates, for a code from the destination's operator.

It may run beside a camera that records. A code that was lost on the way can be used again.
"""

import argparse
import json
import sys
from pathlib import Path

from bwv_device.cli.command import Command
from bwv_device.cli.store_option import add_store_option
from bwv_device.configuration import load_configuration
from bwv_device.errors import ConfigurationError
from bwv_device.protocol.times import rfc3339


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `bwv dock enrol`."""
    add_store_option(parser)
    parser.add_argument(
        "--connection",
        type=Path,
        metavar="FILE",
        help="the destination's connection file; else dock.connection_file",
    )
    parser.add_argument(
        "--code",
        help="the code; `-` reads it from standard input, so that it is in no list of processes; "
        "left out, an enrolment that was cut off goes on",
    )


def run(args: argparse.Namespace) -> int:
    """Enrol. Raises `BwvError` with what to do next."""
    # Here and not above: a command that only lists its options needs no HTTP library.
    from bwv_device.dock.connection_file import load_connection
    from bwv_device.dock.enrolment import enrol

    configuration = load_configuration(args.config, args.overrides)
    file = args.connection or configuration.dock.connection_file
    if file is None:
        raise ConfigurationError(
            "no connection file: give --connection FILE, or set dock.connection_file to it"
        )
    device = configuration.device
    store = args.store or configuration.storage.folder
    code = sys.stdin.readline().strip() if args.code == "-" else args.code or ""
    enrolled = enrol(store, device.serial, device.model, load_connection(file), code)
    if args.json:
        said = {
            "serial": device.serial,
            "authority": enrolled.authority,
            "transport_until": rfc3339(enrolled.transport_end_utc_ns),
            "signing_until": rfc3339(enrolled.signing_end_utc_ns),
        }
        print(json.dumps({"ok": True, **said}))
        return 0
    print(
        f"{device.serial} is enrolled with {enrolled.authority}. It renews its certificate in the "
        f"dock; out of the dock it lasts until {rfc3339(enrolled.transport_end_utc_ns)}. From its "
        "next start on the camera signs with a key that the authority vouches for."
    )
    if file != configuration.dock.connection_file:
        print(f"Set dock.connection_file to {file}, so that it docks there.")
    return 0


COMMAND = Command("dock enrol", "get this camera its certificates", configure, run)
