"""The option `--store`, and the folder that is meant without it.

Used by the commands that read a store.
"""

import argparse
from pathlib import Path

from bwv_device.configuration import load_configuration


def add_store_option(parser: argparse.ArgumentParser) -> None:
    """`--store DIR`."""
    parser.add_argument(
        "--store", type=Path, metavar="DIR", help="the store's folder; else the configured one"
    )


def store_folder(args: argparse.Namespace) -> Path:
    """The folder to read. Raises `ConfigurationError`."""
    if args.store is not None:
        return Path(args.store)
    return load_configuration(args.config, args.overrides).storage.folder
