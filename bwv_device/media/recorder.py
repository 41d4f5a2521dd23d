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
from bwv_device.media.memory_need import memory_need
from bwv_device.media.messages import Report
from bwv_device.media.pulse import Pulse, Stage
from bwv_device.media.session import Session
from bwv_device.media.signers import OpenSigner
from bwv_device.media.sources import Sources
from bwv_device.protocol.buffer_certificate import ShortCause
from hal.errors import HalError
from hal.interfaces.clock import Clock
from hal.interfaces.locator import Fix

log = logging.getLogger(__name__)

_PROBE_S = 2.0
_IDLE_S = 0.5
"""The keeper looks for what waits in vain when nothing has come for so long."""
CLOSE_PATIENCE_S = 10.0
"""So long `close` waits for a camera's driver: twice what a silent camera is given."""


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
        first_session: ShortCause | None = None,
        available_bytes: Callable[[], int] | None = None,
        open_signer: OpenSigner | None = None,
    ) -> None:
        """`first_session` says how the first session of capture comes to be, where that is not
        the start of the camera. `available_bytes` tells of the machine's memory; None where
        nobody watches that. `open_signer` gives what signs the clips; without it none is."""
        self._clock, self._sources, self._listener = clock, sources, report
        self._need, self._available_bytes = memory_need(configuration), available_bytes
        self._inbox = Inbox()
        around = Surroundings(
            *(clock, store, free_bytes, self._report, "UTC"),
            *(first_session, available_bytes, open_signer),
        )
        self._keeper = Keeper(configuration, around)
        self._session = Session(configuration, clock, sources, self._inbox, self._report)
        self._changed = threading.Condition()
        self._wanted = False
        self._end_ns: int | None = None
        self._stage: Stage | None = None
        self._stage_since_ns = 0
        self._handling_since_ns: int | None = None
        self._probing = False
        self._closing = False
        self._keeping = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._capturing = threading.Thread(target=self._capture, name="capture", daemon=True)

    def start(self) -> None:
        """Start the threads; nothing is captured yet."""
        self._keeper.prepare()
        self._keeping.start()
        self._capturing.start()
        self._compare_memory()
        self._report(messages.RecorderReady())

    def _compare_memory(self) -> None:
        """What may be needed against what there is: said now, not when it runs out."""
        if self._available_bytes is None:
            return
        try:
            available_bytes = self._available_bytes()
        except HalError as error:
            log.error("the free memory can't be read: %s", error)
            return
        if self._need.total_bytes > available_bytes:
            text = (
                f"the recorder may hold {self._need}, and {available_bytes / 1e6:.0f} MB are free: "
                "set pre_record.byte_ceiling lower, or end other programs"
            )
            log.warning(text)
            self._report(messages.MemoryShort(text))

    def arm(self) -> None:
        """Capture into the ring; nothing changes when it does so already, or is closing."""
        with self._changed:
            self._want()

    def disarm(self, at_ns: int) -> None:
        """Capture up to `at_ns`, then close camera and microphone and forget the ring."""
        with self._changed:
            self._wanted = False
            self._end_ns = at_ns
            self._changed.notify_all()

    def begin(self, trigger_ns: int, reason: str) -> None:
        """Record from what the ring holds before `trigger_ns` on."""
        # Both at once: a session that ends meanwhile has to see either both or neither.
        with self._changed:
            self._inbox.put(messages.Begin(trigger_ns, reason))
            self._want()

    def resume(self, recording_id: int, trigger_ns: int) -> None:
        """Go on, in a new clip, with a recording that another process could not end."""
        with self._changed:
            self._inbox.put(messages.Resume(recording_id, trigger_ns))
            self._want()

    def end(self, stop_ns: int, reason: str, end_reason: EndReason) -> None:
        """Stop recording at `stop_ns`."""
        self._inbox.put(messages.End(stop_ns, reason, end_reason))

    def mark(self, at_ns: int) -> None:
        """Set a bookmark."""
        self._inbox.put(messages.Mark(at_ns))

    def locate(self, fix: Fix) -> None:
        """Add a position to the track of what is being recorded."""
        self._inbox.put(messages.Locate(fix))

    def probe(self) -> None:
        """Try a camera that had failed; reports `CaptureReturned` or `CaptureFailed`."""
        with self._changed:
            self._probing = True
            self._changed.notify_all()

    def pulse(self) -> Pulse:
        """What the threads are at; for whoever watches over them."""
        stage, since_ns = self._stage, self._stage_since_ns
        return Pulse(self._clock.monotonic_ns(), stage, since_ns, self._handling_since_ns)

    def close(self, at_ns: int) -> None:
        """Stop capturing at `at_ns`, close every clip whole, and end the threads. Blocks, a
        camera's driver that hangs for `CLOSE_PATIENCE_S` at most."""
        with self._changed:
            self._closing = True
            self._wanted = False
            self._end_ns = at_ns
            self._changed.notify_all()
        if self._capturing.ident is not None:
            self._capturing.join(CLOSE_PATIENCE_S)
        if self._capturing.is_alive():
            self._fail("the camera hangs: its driver does not return, clips end without it")
        self._inbox.close()
        if self._keeping.ident is not None:
            self._keeping.join()

    def _want(self) -> None:
        """With the lock held."""
        if not self._closing:
            self._wanted = True
            self._changed.notify_all()

    # The keeper's thread

    def _keep(self) -> None:
        while (message := self._inbox.get(_IDLE_S)) is not None:
            self._handling_since_ns = self._clock.monotonic_ns()
            try:
                self._keeper.handle(message)
                if self._inbox.is_drained:
                    self._keeper.follow()
            except Exception as error:
                # Whatever it was: a keeper that ended in silence would be the worst of all.
                log.exception("the keeper has failed at %s", type(message).__name__)
                self._keeper.give_up(error)
            self._handling_since_ns = None
        self._keeper.close()

    # The capture thread

    def _capture(self) -> None:
        while self._wait_for_work():
            self._enter(Stage.OPENING)
            failure = self._session.run(self._due_ns)
            self._enter(None)
            self._source_closed(failure)
            if failure is not None:
                self._fail(failure)

    def _source_closed(self, failure: str | None) -> None:
        """Tell the keeper, who has to know whether another source follows: `begin` comes
        either before both of this, or after both."""
        with self._changed:
            # A look that was asked for meanwhile was at this session's camera: in standby none
            # is opened for it.
            self._probing = False
            if failure is not None:
                self._wanted = False
            lost = self._inbox.put(messages.SourceClosed(failure, reopens=self._wanted))
        if lost:
            self._report(messages.PacketsLost(lost))

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
        """When the running session ends; None while it goes on. It is asked at each turn."""
        with self._changed:
            due_ns = None if self._wanted else self._end_ns
        if due_ns is None and not self._session.closing:
            self._enter(Stage.RUNNING)
        elif self._stage is not Stage.CLOSING:
            self._enter(Stage.CLOSING)
        return due_ns

    def _enter(self, stage: Stage | None) -> None:
        # The instant first: whoever reads between the two sees a stage that is too young.
        self._stage_since_ns = self._clock.monotonic_ns()
        self._stage = stage

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
        except Exception as error:
            log.exception("the look at the camera has failed")
            return messages.CaptureFailed(f"the look at the camera failed ({error!r})")
        if frame is None:
            return messages.CaptureFailed("the camera is open and gives no frame")
        return messages.CaptureReturned()

    def _report(self, report: Report) -> None:
        """Tell the listener, whose own errors must not end a recording."""
        try:
            self._listener(report)
        except Exception:
            log.exception("the listener has failed at %s", report)

    def _fail(self, failure: str) -> None:
        log.error("capture has failed: %s", failure)
        self._report(messages.CaptureFailed(failure))
