"""A start-up that is going to lose its power while it repairs what the last cut left.

Run in the rig's guest as `python -m tests.support.cut_repair STORE JOB PROMISES COUNT`, on a disk
that a power cut has left. The COUNT promises that held at that cut are the ones to be kept.
"""

import sys
from pathlib import Path

from bwv_device.evidence.repair import repair
from bwv_device.evidence.store import Store
from tests.support.promises import PromiseFiles, heard, read_promises


def main(folder: Path, job: Path, lines: Path, count: int) -> None:
    """One start."""
    promises = PromiseFiles(job, read_promises(lines, count))
    with heard(promises.note):
        store = Store.open(folder)
        repair(store)
        store.close()
    promises.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
