"""A visit to the dock: pushes clips from the moment of docking to that of undocking.

Who uses it: the agent, at the firmware's word. The connection file is read at each docking,
so that a new one takes effect without a restart.
"""

import logging
import threading
from collections.abc import Callable

from bwv_device.configuration.model import Configuration
from bwv_device.dock.events import DockEvent, Problem
from bwv_device.errors import BwvError, ConfigurationError, Kind
from bwv_device.evidence.store import Store
from bwv_device.protocol.connection import ConnectionFile, parse_connection_file
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)


class DockVisit:
    """`begin`, `end` and `close` return at once but for `close`, which waits for the end."""

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock,
        store: Store,
        report: Callable[[DockEvent], None],
    ) -> None:
        self._configuration, self._clock, self._store = configuration, clock, store
        self._report = report

    def begin(self) -> None: pass

    def end(self) -> None: pass

    def close(self) -> None: pass
