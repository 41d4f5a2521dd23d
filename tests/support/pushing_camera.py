"""A camera in its dock, as a process of its own: pushes until nothing is left, then ends.

Run as `python -m tests.support.pushing_camera STORE CONNECTION_FILE`, and killed by the long test
of kills. It says `begun` when it begins.
"""

import logging
import sys
from pathlib import Path

from bwv_device.configuration.keeping import Dock
from bwv_device.dock.events import NextTry
from bwv_device.dock.push import push_all
from bwv_device.evidence.store import Store
from bwv_device.protocol.connection import parse_connection_file
from hal import registry
from tests.support.footage import IDENTITY

SETTINGS = Dock(retry_first_s=0.05, retry_most_s=0.5)
"""Soon enough that what a server's restart costs is the restart."""


def main(folder: Path, connection_file: Path) -> None:
    """Push, round after round."""
    clock = registry.open_clock()
    store = Store.open(folder)
    print("begun", flush=True)
    try:
        next_try = NextTry.SOON
        while next_try is not NextTry.NOT_NEEDED:
            connection = parse_connection_file(connection_file.read_bytes())
            summary = push_all(
                store, connection, clock, IDENTITY, lambda _event: None, settings=SETTINGS
            )
            next_try = summary.next_try
            if next_try is NextTry.SLOWLY:
                raise RuntimeError(f"a person would have to act: {summary.problems}")
            clock.sleep_s(SETTINGS.retry_first_s)
    finally:
        store.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
