"""The recorder: capture on one side, ring and clips on the other, and the queue between.

Who uses it: the agent, whose owner thread calls these methods; none of them blocks or does
I/O. What happens is reported through `report`, from the recorder's own threads.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from bwv_device.configuration.model import Configuration
from bwv_device.evidence.records import EndReason
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from bwv_device.media.inbox import Inbox
from bwv_device.media.keeper import Keeper, Surroundings
from bwv_device.media.messages import Report
from bwv_device.media.session import Session, Sources
from hal.errors import HalError
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)

_PROBE_S = 2.0


class Recorder:
    """Two threads: `capture` reads and encodes, `keeper` keeps and writes."""

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock,
        sources: Sources,
        store: Store,
        free_bytes: Callable[[Path], int],
        report: Callable[[Report], None],
    ) -> None:
        self._configuration, self._clock, self._sources = configuration, clock, sources
        self._report = report
        self._inbox = Inbox()
        self._keeper = Keeper(
            configuration, Surroundings(clock, store, free_bytes, report, time_zone="UTC")
        )
        self._changed = threading.Condition()
        self._wanted = False
        self._end_ns: int | None = None
        self._probing = False
        self._closing = False
        self._threads = [
            threading.Thread(target=self._keep, name="keeper", daemon=True),
            threading.Thread(target=self._capture, name="capture", daemon=True),
        ]

    def start(self) -> None:
        """Start the threads; nothing is captured yet."""
        for thread in self._threads:
            thread.start()

    def arm(self) -> None:
        """Capture into the ring; nothing changes when it does so already."""
        with self._changed:
            self._wanted = True
            self._changed.notify_all()

    def disarm(self, at_ns: int) -> None:
        """Capture up to `at_ns`, then close camera and microphone and forget the ring."""
        with self._changed:
            self._wanted = False
            self._end_ns = at_ns
            self._changed.notify_all()

    def begin(self, trigger_ns: int, reason: str) -> None:
        """Record from what the ring holds before `trigger_ns` on."""
        self._inbox.put(messages.Begin(trigger_ns, reason))
        self.arm()

    def end(self, stop_ns: int, reason: str, end_reason: EndReason) -> None:
        """Stop recording at `stop_ns`."""
        self._inbox.put(messages.End(stop_ns, reason, end_reason))

    def mark(self, at_ns: int) -> None:
        """Set a bookmark."""
        self._inbox.put(messages.Mark(at_ns))

    def probe(self) -> None:
        """Try a camera that had failed; reports `CaptureReturned` or `CaptureFailed`."""
        with self._changed:
            self._probing = True
            self._changed.notify_all()

    def close(self, at_ns: int) -> None:
        """Stop capturing at `at_ns`, close every clip whole, and end the threads. Blocks."""
        with self._changed:
            self._closing = True
            self._wanted = False
            self._end_ns = at_ns
            self._changed.notify_all()
        keeper, capture = self._threads
        capture.join()
        self._inbox.close()
        keeper.join()

    def _keep(self) -> None:
        while (message := self._inbox.get()) is not None:
            self._keeper.handle(message)

    def _capture(self) -> None:
        session = Session(
            self._configuration, self._clock, self._sources, self._inbox, self._report
        )
        while self._wait_for_work():
            failure = session.run(self._due_ns)
            if failure is not None:
                with self._changed:
                    self._wanted = False
                self._report(messages.CaptureFailed(failure))

    def _wait_for_work(self) -> bool:
        """Wait until a session is wanted; False when the recorder closes."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._probing or self._closing)
                if self._closing:
                    return False
                probing, self._probing = self._probing, False
                if self._wanted:
                    self._end_ns = None
                    return True
            if probing:
                self._report(self._try_camera())

    def _due_ns(self) -> int | None:
        """When the running session ends; None while it goes on."""
        with self._changed:
            return None if self._wanted else self._end_ns

    def _try_camera(self) -> Report:
        try:
            camera = self._sources.open_camera()
            try:
                camera.start(self._clock.monotonic_ns())
                frame = camera.read(_PROBE_S)
            finally:
                camera.close()
        except HalError as error:
            return messages.CaptureFailed(str(error))
        if frame is None:
            return messages.CaptureFailed("the camera is open and gives no frame")
        return messages.CaptureReturned()
