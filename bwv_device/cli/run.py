"""`bwv run`: the camera on this machine's hardware, until it is switched off.

SIGTERM, Ctrl-C and the end of its terminal switch it off in order: the clip is closed whole
first.
"""

import argparse

from bwv_device.cli.command import Command
from bwv_device.media.process.launch import Launcher


def configure(parser: argparse.ArgumentParser) -> None:
    """No options of its own: the configuration says it all."""
    parser.epilog = "Keys with the keyboard button: space, twice for a start, s to stop."


def run(args: argparse.Namespace) -> int:
    """Live until power off. Raises `BwvError`, `HalError` when the camera can't be begun."""
    with Launcher() as launcher:
        launcher.ahead()
        # Only now: the agent's libraries and those of the media process take as long to import,
        # and until both are done nobody has a pre-record.
        from bwv_device.cli.camera_life import live

        return live(args, launcher)


COMMAND = Command("run", "run the camera on this machine's hardware", configure, run)
