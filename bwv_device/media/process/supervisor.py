"""Listens to the media process, watches over it, and starts a new one when it has gone.

Who uses it: `MediaProcess`. One thread; the procedures are in docs/design/media-process.md.
"""

import logging
import threading
from collections.abc import Callable

from bwv_device.evidence.records import ClipState
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from bwv_device.media.errors import RecorderGoneError
from bwv_device.media.messages import Report
from bwv_device.media.process.child import Child
from bwv_device.media.process.door import Door
from bwv_device.media.process.mending import mend
from bwv_device.media.process.wire import Answer, Arm, Refused
from bwv_device.media.pulse import PULSE_EVERY_S, Pulse, judge
from hal.interfaces.clock import NS_PER_S, Clock

log = logging.getLogger(__name__)

START_PATIENCE_S = 20.0
"""An interpreter and its libraries from a slow card."""
EARLY_S = 10.0
"""A process that ends so soon after its start will probably do so again."""
RETRY_S = 5.0
"""Between two such starts: as often as a fault is looked at (agent/fault_watch.py)."""


class Supervisor:
    """From `start` until the process has ended behind `close`."""

    def __init__(
        self,
        clock: Clock,
        store: Store,
        door: Door,
        begin: Callable[[], Child],
        report: Callable[[Report], None],
    ) -> None:
        """`begin` starts a process, or raises `RecorderGoneError`."""
        self._clock, self._store, self._door = clock, store, door
        self._begin, self._report = begin, report
        self._closing = threading.Event()
        self._child: Child | None = None
        self._born_ns = 0
        self._pulse = Pulse(0, None, 0, None)
        self._lost_ns: int | None = None
        self._early_ends = 0
        self._cause = ""
        self._card_is_silent = False
        self._was_ready = self._is_useless = False
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the first process. Raises `RecorderGoneError`."""
        self._child = self._born(self._begin())
        self._door.open(self._child, ())
        self._thread.start()

    def expect_end(self) -> None:
        """The process is about to be told to end: its end is in order from now on."""
        self._closing.set()

    def close(self, patience_s: float) -> None:
        """Behind `expect_end`: wait for the end, and kill the process when it takes too long."""
        if self._thread.ident is None:
            return
        self._thread.join(patience_s)
        if self._thread.is_alive() and self._child is not None:
            log.error("the recorder does not end: it is killed, what it had synced is kept")
            self._child.kill()
            self._thread.join()

    def _run(self) -> None:
        while True:
            if self._child is not None:
                self._listen(self._child)
            elif self._closing.is_set() or self._is_useless:
                return
            else:
                self._revive()

    def _listen(self, child: Child) -> None:
        """One answer of the process, or its end."""
        try:
            answer = child.receive(PULSE_EVERY_S)
        except RecorderGoneError as error:
            self._lose(child, str(error))
            return
        if answer is not None:
            self._hear(answer)
        self._judge(child)

    def _hear(self, answer: Answer) -> None:
        match answer:
            case Pulse():
                self._pulse = answer
            case Refused(message=message, is_final=is_final):
                self._cause = message
                self._is_useless = is_final and not self._was_ready
            case _:
                self._pass_on(answer)

    def _pass_on(self, report: Report) -> None:
        self._door.learn(report)
        is_ready = isinstance(report, messages.RecorderReady)
        self._was_ready |= is_ready
        if is_ready and self._lost_ns is not None:
            # Not the first time. With capture wanted, it is back when that runs.
            if not self._door.is_armed:
                self._is_back()
            return
        self._report(report)
        if isinstance(report, messages.Capturing):
            self._is_back()
        elif isinstance(report, messages.CaptureFailed):
            self._lost_ns = None  # the recorder is there; it is the camera that is not

    def _is_back(self) -> None:
        if self._lost_ns is None:
            return
        gap_s = (self._clock.monotonic_ns() - self._lost_ns) / NS_PER_S
        self._lost_ns = None
        log.warning("the recorder is back after %.1f s", gap_s)
        self._report(messages.RecorderBack(gap_s))

    def _judge(self, child: Child) -> None:
        verdict = judge(self._pulse, self._clock.monotonic_ns())
        if verdict is not None and verdict.fatal:
            self._cause = verdict.message
            child.kill()
            return
        if verdict is not None and not self._card_is_silent:
            self._report(messages.CardSilent(verdict.message))
        elif verdict is None and self._card_is_silent:
            self._report(messages.CardBack())
        self._card_is_silent = verdict is not None

    def _lose(self, child: Child, end: str) -> None:
        """The process has gone: in order, or `RecorderLost` and a new one."""
        self._child = None
        wishes = self._door.shut()
        child.bury()
        if self._closing.is_set():
            if self._store.journal.clips(state=ClipState.RECORDING):
                log.error("the recorder ended before its clips were closed: %s", end)
                mend(self._store, wishes, self._report)
            return
        why, self._cause = self._cause or end, ""
        if self._is_useless:
            self._report(messages.CannotBegin(why))
            return
        log.error("the recorder is lost: %s", why)
        now_ns = self._clock.monotonic_ns()
        self._lost_ns = now_ns if self._lost_ns is None else self._lost_ns
        self._report(messages.RecorderLost(f"{why}; it is started anew"))
        self._count_end(now_ns - self._born_ns < EARLY_S * NS_PER_S, why)

    def _count_end(self, is_early: bool, why: str) -> None:
        """One that ends again and again is a fault, and no new one is begun without a pause."""
        self._early_ends = self._early_ends + 1 if is_early else 0
        if self._early_ends > 1:
            self._report(messages.CaptureFailed(f"the recorder does not stay alive: {why}"))
            self._clock.wait(self._closing, RETRY_S)

    def _revive(self) -> None:
        """A new process that does what the one before was asked for; it opens the camera while
        we put the store right."""
        try:
            child = self._born(self._begin())
        except RecorderGoneError as error:
            self._count_end(True, str(error))
            return
        wishes = self._door.shut()
        if wishes.armed:
            child.send(Arm())
        mend(self._store, wishes, self._report)
        self._door.open(child, wishes.again())
        self._child = child

    def _born(self, child: Child) -> Child:
        self._born_ns = self._clock.monotonic_ns()
        # Nothing that it does is late before it has had the time to start.
        self._pulse = Pulse(self._born_ns + round(START_PATIENCE_S * NS_PER_S), None, 0, None)
        self._card_is_silent = False
        return child
