"""What docking means to this camera: push everything to the destination it was given.

Who uses it: the agent, at the firmware's word. A camera without a connection file says so at
each docking, and keeps its clips.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bwv_device.configuration.model import Configuration
from bwv_device.dock.describe import Identity
from bwv_device.dock.events import Problem, Report
from bwv_device.dock.worker import DockWorker
from bwv_device.errors import Kind
from bwv_device.evidence.ledger.keeper import LedgerKeeper
from bwv_device.evidence.store import Store
from hal.interfaces.clock import Clock

if TYPE_CHECKING:
    from bwv_device.evidence.manifest.keeping import Manifests

_NO_DESTINATION = (
    "docked, and no destination is configured: the clips stay on the camera; set "
    "dock.connection_file to the file that the destination's operator hands out"
)


class DockVisit:
    """`begin` and `end` return at once; `close` waits for what is under way to break off."""

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock,
        store: Store,
        report: Report,
        manifests: "Callable[[], Manifests]",
        ledger: LedgerKeeper,
    ) -> None:
        self._report = report
        settings = configuration.dock
        self._worker = (
            DockWorker(
                store,
                settings.connection_file,
                clock,
                identity_of(configuration),
                report,
                settings=settings,
                manifests=manifests,
                ledger=ledger,
            )
            if settings.connection_file is not None
            else None
        )

    def begin(self) -> None:
        """The camera was docked."""
        if self._worker is None:
            self._report(Problem(Kind.REFUSE, _NO_DESTINATION))
        else:
            self._worker.begin()

    def end(self) -> None:
        """The camera was taken off the dock."""
        if self._worker is not None:
            self._worker.end()

    def close(self) -> None:
        """The camera is switched off."""
        if self._worker is not None:
            self._worker.close()


def identity_of(configuration: Configuration) -> Identity:
    """Who docks, as the destination will show it."""
    device, wearer = configuration.device, configuration.wearer
    return Identity(
        serial=device.serial,
        model=device.model,
        user_id=str(wearer.user_id),
        user_name=wearer.name,
        device_name=device.name,
    )
