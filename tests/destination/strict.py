"""`bwv dock serve` with limits of a test's choosing: `python -m tests.destination.strict DIR JSON`.

JSON is an object of fields of `dock_server.settings.Limits`. Run as a process of its own.
"""

import dataclasses
import json
import logging
import os
import sys
from pathlib import Path

from dock_server.serve import Place, Running, run_server
from dock_server.settings import Limits


def main(folder: Path, limits: Limits) -> None:
    """Serve on a free port until SIGTERM."""
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    place = Place(folder, "127.0.0.1", 0, "127.0.0.1", None, "Strict dock", limits=limits)
    run_server(place, _announce)


def _announce(running: Running) -> None:
    print(json.dumps(dataclasses.asdict(running)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Limits(**json.loads(sys.argv[2])))
