"""What a sub-command of `bwv` is; each module of a command exposes one as `COMMAND`.

`bwv_device.cli.main` finds them by name, also those that other packages register under the entry
point group `bwv.commands`, so that neither side imports the other.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A sub-command. `configure` adds its options; `run` does the work and returns the exit
    code, 0 for success.

    `args` holds, besides the command's own options, `json` (bool: print one JSON object on
    standard output and everything else on standard error), `config` (Path of the
    configuration or None) and `overrides` (dotted key to text), the last two as
    `bwv_device.configuration.load_configuration` takes them.
    """

    name: str
    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
