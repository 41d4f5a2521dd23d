"""Gives a receipt and dies at a chosen step, as by a power cut: `python -m ... DIR STEP`.

Run by the tests of receipts, as a process of its own.
"""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from dock_server.clock import SYSTEM_CLOCK
from dock_server.receipt_signer import own_receipt_key
from dock_server.receipts import Receipts, Step
from dock_server.services import open_services
from dock_server.settings import ServerSettings
from tests.destination.crash import BODY, store
from tests.destination.in_process import CREDENTIALS
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER


@dataclass(frozen=True)
class DieAt:
    """Ends the process at one step."""

    last: Step

    def __call__(self, step: Step) -> None:
        if step is self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def main(directory: Path, last: Step) -> None:
    services = open_services(ServerSettings(directory, CREDENTIALS), SYSTEM_CLOCK)
    store(services.intake, "Users", USER, b"")
    store(services.intake, "Devices", SERIAL, b"")
    services.containers.put(CONTAINER, {})
    store(services.intake, CONTAINER, CLIP, BODY)
    services.containers.post(CONTAINER, {"Status": "Complete", "ClipCount": "1"})
    signer = own_receipt_key(services.folders, "Dock").signer
    dying = Receipts(
        *(services.catalogue, services.folders, SYSTEM_CLOCK, signer, "Dock"),
        on_step=DieAt(last),
    )
    print(dying.give(CONTAINER).text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Step(sys.argv[2]))
