"""The options by which a verifier says whom he trusts and what he can open.

Used by `bwv verify` and `bwv export`.
"""

import argparse
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bwv_device.evidence.sealing.opening import load_private_key
from bwv_device.evidence.verification.evidence import Trust
from bwv_device.evidence.verification.trust_files import read_limited, read_trust
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


def add_key_options(parser: argparse.ArgumentParser) -> None:
    """`--key`, `--key-password-file`."""
    parser.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="private key (PEM) that opens sealed clips; nothing in the clear is written by it",
    )
    parser.add_argument(
        "--key-password-file",
        type=Path,
        metavar="FILE",
        help="file whose first line is the password of that key",
    )


def key_of(args: argparse.Namespace) -> RSAPrivateKey | None:
    """None without `--key`. Raises `SealError`, `ConfigurationError`."""
    if args.key is None:
        return None
    password = None
    if args.key_password_file is not None:
        password = read_limited(args.key_password_file).partition(b"\n")[0].rstrip(b"\r")
    return load_private_key(read_limited(args.key), password)


def trust_of(args: argparse.Namespace) -> Trust:
    """Raises `ConfigurationError` that names the file."""
    return read_trust(args.anchor, args.revoked, open_clock().utc_ns())
