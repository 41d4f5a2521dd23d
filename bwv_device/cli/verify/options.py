"""The options by which a verifier says whom he trusts, and how they become values.

Used by `bwv verify` and `bwv export`.
"""

import argparse
from pathlib import Path

from bwv_device.evidence.verification.evidence import Trust
from bwv_device.evidence.verification.trust_files import read_trust
from hal.registry import open_clock


def add_trust_options(parser: argparse.ArgumentParser) -> None:
    """`--anchor`, `--revoked`."""
    parser.add_argument(
        "--anchor",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="certificate (PEM) of an authority that is trusted; as often as needed",
    )
    parser.add_argument(
        "--revoked",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="the authority's list of revoked certificates",
    )


def trust_of(args: argparse.Namespace) -> Trust:
    """Raises `ConfigurationError` that names the file."""
    return read_trust(args.anchor, args.revoked, open_clock().utc_ns())
