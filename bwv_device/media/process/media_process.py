"""The recorder as the agent has it: in a process of its own, watched over and started anew.

Who uses it: the agent. State machine, lights and network can then not cost a frame, and a
driver or an encoder that crashes or hangs takes neither the state machine nor what was recorded
with it. Tests and the simulator use `Recorder` itself, in their own process.
"""

import logging
from collections.abc import Callable

from bwv_device.configuration.model import Configuration
from bwv_device.evidence.records import EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.messages import Begin, End, Locate, Mark, Report
from bwv_device.media.process.child import Child
from bwv_device.media.process.door import Door
from bwv_device.media.process.launch import Launcher
from bwv_device.media.process.supervisor import Supervisor
from bwv_device.media.process.wire import Arm, Close, Disarm, Hello, Probe
from bwv_device.protocol.buffer_certificate import ShortCause
from hal.interfaces.clock import Clock
from hal.interfaces.locator import Fix

log = logging.getLogger(__name__)

CLOSE_PATIENCE_S = 30.0
"""The camera's driver is waited for 10 s, the rest is the card's."""


class MediaProcess:
    """A `RecorderPort`. Calls hand a value over and return; but for `close`, none waits."""

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock,
        store: Store,
        report: Callable[[Report], None],
        launcher: Launcher,
    ) -> None:
        """`launcher` makes the processes; `report` is called from the supervisor's thread, and
        its errors are logged."""
        self._configuration, self._store, self._launcher = configuration, store, launcher
        self._listener = report
        self._has_begun = False
        self._door = Door()
        self._supervisor = Supervisor(clock, store, self._door, self._begin_child, self._tell)

    @property
    def pid(self) -> int | None:
        """The process that records now; None while there is none."""
        return self._door.pid

    def start(self) -> None:
        """Start the process; it captures nothing yet. Raises `RecorderGoneError`."""
        self._supervisor.start()

    def arm(self) -> None:
        self._door.tell(Arm())

    def disarm(self, at_ns: int) -> None:
        self._door.tell(Disarm(at_ns))

    def begin(self, trigger_ns: int, reason: str) -> None:
        self._door.tell(Begin(trigger_ns, reason))

    def end(self, stop_ns: int, reason: str, end_reason: EndReason) -> None:
        self._door.tell(End(stop_ns, reason, end_reason))

    def mark(self, at_ns: int) -> None:
        self._door.tell(Mark(at_ns))

    def locate(self, fix: Fix) -> None:
        self._door.tell(Locate(fix))

    def probe(self) -> None:
        self._door.tell(Probe())

    def close(self, at_ns: int) -> None:
        """Let it close every clip whole, and end. One that does not is killed: what it had
        synced is kept."""
        self._supervisor.expect_end()
        self._door.tell(Close(at_ns))
        self._supervisor.close(CLOSE_PATIENCE_S)

    def _begin_child(self) -> Child:
        level = logging.getLogger().getEffectiveLevel()
        hello = Hello(self._configuration, level, self._first_session())
        child = Child(self._launcher.next(), hello, self._store.lock)
        self._has_begun = True
        log.info("the recorder is process %s", child.pid)
        return child

    def _first_session(self) -> ShortCause | None:
        """In a process that takes another one's place, a short pre-record has another reason
        than that the camera was just switched on."""
        if not self._has_begun:
            return None
        return ShortCause.CAPTURE_RESTARTED if self._door.is_armed else ShortCause.WOKE

    def _tell(self, report: Report) -> None:
        try:
            self._listener(report)
        except Exception:
            # Whatever is wrong with the listener, it must not end the watch.
            log.exception("the listener has failed at %s", report)
