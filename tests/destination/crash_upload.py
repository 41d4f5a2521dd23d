"""Completes an upload and dies at a chosen step, as by a power cut: `python -m ... DIR STEP`.

Run by the tests of resumed uploads, as a process of its own; it prints the upload's id first.
"""

import functools
import os
import signal
import sys
from pathlib import Path

from dock_server.clock import SYSTEM_CLOCK
from dock_server.intake import Claims, Intake, Offer, Step
from dock_server.services import open_services
from dock_server.settings import ServerSettings
from dock_server.upload_book import offer_of
from tests.destination.crash import BODY, store
from tests.destination.in_process import CREDENTIALS
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER


def main(directory: Path, last: Step) -> None:
    services = open_services(ServerSettings(directory, CREDENTIALS), SYSTEM_CLOCK)
    store(services.intake, "Users", USER, b"")
    store(services.intake, "Devices", SERIAL, b"")
    services.containers.put(CONTAINER, {})
    offer = Offer(CONTAINER, CLIP, {}, "video/mp4", Claims(len(BODY), None, ()))
    row, partial = services.uploads.create(offer)
    print(row.upload_id, flush=True)

    def die_at(step: Step) -> None:
        if step is last:
            os.kill(os.getpid(), signal.SIGKILL)

    die_at(Step.OPENED)
    partial.write(BODY)
    services.uploads.checkpoint(row.upload_id, partial.sync())
    dying = Intake(services.catalogue, services.folders, SYSTEM_CLOCK, on_step=die_at)
    close = functools.partial(services.uploads.close, upload_id=row.upload_id)
    dying.finish(offer_of(row), partial, close)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Step(sys.argv[2]))
