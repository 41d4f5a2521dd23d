"""Stores one clip and dies at a chosen step, as by a power cut: `python -m ... DIR STEP`.

Run by the tests of the durable PUT, as a process of its own.
"""

import os
import signal
import sys
from pathlib import Path

from dock_server.clock import SYSTEM_CLOCK
from dock_server.intake import Claims, Intake, Offer, Step
from dock_server.services import open_services
from dock_server.settings import ServerSettings
from tests.destination.in_process import CREDENTIALS
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER

BODY = b"clip" * 100_000


def store(intake: Intake, container: str, name: str, body: bytes) -> None:
    """The whole procedure for one object."""
    offer = Offer(container, name, {}, "video/mp4", Claims(len(body), None, ()))
    deposit = intake.begin(offer)
    deposit.write(body)
    intake.finish(offer, deposit)


def main(directory: Path, last: Step) -> None:
    services = open_services(ServerSettings(directory, CREDENTIALS), SYSTEM_CLOCK)
    store(services.intake, "Users", USER, b"")
    store(services.intake, "Devices", SERIAL, b"")
    services.containers.put(CONTAINER, {})

    def die_at(step: Step) -> None:
        if step is last:
            os.kill(os.getpid(), signal.SIGKILL)

    dying = Intake(services.catalogue, services.folders, SYSTEM_CLOCK, on_step=die_at)
    store(dying, CONTAINER, CLIP, BODY)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Step(sys.argv[2]))
