"""The agent: one camera, alive. One thread owns the firmware; all else posts events to it.

Who uses it: `bwv run` and `bwv demo`. The owner thread takes events, lets the firmware decide
and hands its commands to the thread that does the work; it waits for nothing but the next
event or the next deadline.
"""

import logging
import queue
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bwv_device.agent.board import Board
from bwv_device.agent.boot import Boot
from bwv_device.agent.device_ledger import boot_said, device_ledger
from bwv_device.agent.dock_visit import DockVisit
from bwv_device.agent.facts import Said, clipped, said_of
from bwv_device.agent.fault_watch import FaultWatch
from bwv_device.agent.gauges import Gauges
from bwv_device.agent.hands import Hands
from bwv_device.agent.manifest_maker import ManifestMaker
from bwv_device.agent.outputs import Outputs
from bwv_device.agent.scribe import Scribe
from bwv_device.agent.start_repair import StartRepair
from bwv_device.agent.translate import event_of
from bwv_device.agent.watchdog import Beat, Watchdog
from bwv_device.configuration.model import Configuration
from bwv_device.configuration.signer import open_signer
from bwv_device.dock.events import DockEvent
from bwv_device.errors import BwvError
from bwv_device.evidence.errors import StoreError, StoreFullError
from bwv_device.evidence.ledger.kinds import HEARTBEAT_S, Kind
from bwv_device.evidence.records import Clip
from bwv_device.evidence.repair import Repair
from bwv_device.evidence.store import Store
from bwv_device.firmware.commands import Command
from bwv_device.firmware.events import Event, Trigger
from bwv_device.firmware.machine import Firmware
from bwv_device.firmware.states import State
from bwv_device.media import messages
from bwv_device.media.errors import CannotBeginError
from bwv_device.media.port import RecorderPort
from hal.interfaces.button import ButtonEdge
from hal.interfaces.clock import NS_PER_S, Clock

log = logging.getLogger(__name__)

Observation = tuple[Command, ...] | messages.Report | DockEvent
"""What a listener hears of: a batch of commands, the recorder's reports, the dock's events."""

BuildRecorder = Callable[[Callable[[messages.Report], None]], RecorderPort]
"""Makes the recorder, which is given whom it reports to."""

Listener = Callable[[int, State, Observation], None]
"""Called with the time (monotonic), the state after it, and what happened; must not block."""


class Agent:
    """From `start` to the end of `run`; `post` comes from any thread."""

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock,
        board: Board,
        store: Store,
        firmware: Firmware,
        listener: Listener,
        build_recorder: BuildRecorder,
    ) -> None:
        self._configuration, self._clock, self._board = configuration, clock, board
        self._store, self._firmware, self._listener = store, firmware, listener
        self._events: queue.SimpleQueue[Event | ButtonEdge | Beat] = queue.SimpleQueue()
        self._ledger = device_ledger(configuration, clock, store)
        self._scribe = Scribe(store.journal, clock, self._ledger)
        self._ledger.catch_up = self._scribe.catch_up
        self._outputs = Outputs(board, self._part_failed)
        self._boot = Boot(self.post)
        self._recorder = build_recorder(self._recorder_reported)
        self._manifests = ManifestMaker(
            store, clock, partial(open_signer, configuration), self._part_failed
        )
        self._dock_visit = DockVisit(
            *(configuration, clock, store, self._dock_reported),
            *(self._manifests.manifests, self._ledger),
        )
        self._hands = Hands(
            *(self._outputs, self._recorder, self._dock_visit, self._scribe.note, self._cut_power)
        )
        self._repair = StartRepair(
            store, self._clip_repaired, self._store_failed, self._manifests.poke
        )
        self._faults = FaultWatch(
            *(clock, store, self._room_bytes, self._recorder.probe),
            *(self._faults_cleared, self._clip_freed),
        )
        self._gauges = Gauges(
            *(clock, board, self._is_recording, self._recorder.locate, self._scribe),
            *(configuration.battery, self.post),
        )
        self._watchdog = Watchdog(clock, lambda: self.state, self._events.put)
        self._cannot_begin: str | None = None
        self._off = False
        self._alive_due_ns = 0
        self._shut_down: threading.Thread | None = None

    @property
    def state(self) -> State:
        """The state at this instant; only the owner thread changes it."""
        return self._firmware.state

    def post(self, event: Event | ButtonEdge) -> None:
        """Hand an event to the owner thread; never blocks."""
        self._events.put(event)

    def post_now(self, trigger: Trigger, reason: str = "") -> None:
        """Hand over an event that happens now."""
        self.post(Event(trigger, self._clock.monotonic_ns(), reason=reason))

    def run(self) -> None:
        """Live from power on to power off; the calling thread is the owner thread. Raises
        `CannotBeginError` behind that when the camera that is configured can't be had."""
        try:
            self._power_on()
            while not self._off:
                self._step()
        finally:
            self._close()
        if self._cannot_begin is not None:
            raise CannotBeginError(self._cannot_begin)

    # The owner thread

    def _power_on(self) -> None:
        parts = (self._scribe, self._outputs, self._recorder, self._faults, self._gauges)
        for part in (*parts, self._watchdog):
            part.start()
        self._scribe.enter(boot_said(self._configuration))
        self._perform(self._firmware.post(Event(Trigger.POWER_ON, self._clock.monotonic_ns())))
        booted = self._look_at_store()
        self._board.button.start(self.post)
        self._board.dock_contact.start(self._dock_changed)
        self._boot.store_done(booted)
        if booted.trigger is Trigger.BOOT_DONE:
            self._repair.start()
            self._manifests.start()

    def _look_at_store(self) -> Event:
        """Find what a cut left behind; how the boot went. A card that fails is a fault that the
        wearer sees, and that passes by itself when the card takes a write."""
        try:
            self._repair.look()
        except StoreError as error:
            self._store_failed(error)
            return Event(Trigger.BOOT_FAILED, self._clock.monotonic_ns(), message=str(error))
        return Event(Trigger.BOOT_DONE, self._clock.monotonic_ns())

    def _step(self) -> None:
        """Take what has happened, in order, then what is due."""
        event = self._next_event()
        while event is not None:
            if isinstance(event, Beat):
                event.answered.set()
            else:
                self._take(event)
            event = self._event_at_hand()
        now_ns = self._clock.monotonic_ns()
        self._perform(self._firmware.advance(now_ns))
        self._give_sign_of_life(now_ns)

    def _take(self, event: Event | ButtonEdge) -> None:
        if isinstance(event, ButtonEdge):
            self._scribe.enter(Said(Kind.BUTTON, {"pressed": event.pressed}, event.at_ns))
        self._perform(self._firmware.post(event))

    def _give_sign_of_life(self, now_ns: int) -> None:
        """From this thread and no other: it is the one whose life counts."""
        if now_ns >= self._alive_due_ns:
            self._alive_due_ns = now_ns + round(HEARTBEAT_S * NS_PER_S)
            self._scribe.enter(Said(Kind.ALIVE, {"state": self.state.value}, now_ns))

    def _next_event(self) -> Event | ButtonEdge | Beat | None:
        deadline_ns = self._firmware.next_deadline_ns()
        if deadline_ns is None or deadline_ns > self._alive_due_ns:
            deadline_ns = self._alive_due_ns
        wait_s = (deadline_ns - self._clock.monotonic_ns()) / NS_PER_S
        if wait_s <= 0:
            return self._event_at_hand()
        try:
            return self._events.get(timeout=wait_s)
        except queue.Empty:
            return None

    def _event_at_hand(self) -> Event | ButtonEdge | Beat | None:
        try:
            return self._events.get_nowait()
        except queue.Empty:
            return None

    def _perform(self, batch: tuple[Command, ...]) -> None:
        for command in batch:
            self._hands.do(command)
            self._enter(command)
        if batch:
            self._tell(batch)
        if self._firmware.state is State.SHUTTING_DOWN:
            self._begin_shut_down()

    def _cut_power(self) -> None:
        self._off = True

    def _enter(self, observation: object) -> None:
        for said in said_of(observation):
            self._scribe.enter(said)

    def _begin_shut_down(self) -> None:
        """Close the recorder beside the owner thread, which stays responsive meanwhile."""
        if self._shut_down is None:
            self._shut_down = threading.Thread(target=self._close_recorder, name="shut-down")
            self._shut_down.start()

    # Other threads

    def _close_recorder(self) -> None:
        try:
            self._dock_visit.close()
            self._recorder.close(self._clock.monotonic_ns())
        finally:
            # Whatever went wrong, it must not keep the camera from going off.
            self.post_now(Trigger.SHUT_DOWN_DONE)

    def _tell(self, observation: Observation) -> None:
        """A listener that fails (a terminal that has gone) must not stop a recording."""
        try:
            self._listener(self._clock.monotonic_ns(), self._firmware.state, observation)
        except Exception:
            log.exception("nobody was told: %s", observation)

    def _recorder_reported(self, report: messages.Report) -> None:
        now_ns = self._clock.monotonic_ns()
        event = event_of(report, now_ns)
        if event is not None:
            self.post(event)
        self._boot.hear(report)
        if isinstance(report, messages.CannotBegin):
            self._cannot_begin = report.message
            self.post_now(Trigger.POWER_OFF, report.message)
        # After the event: a fault that has passed is cleared behind the word that it has passed,
        # so that no stop between the two is taken for one without a picture.
        self._faults.notice(report)
        if isinstance(report, messages.ClipClosed | messages.RecordingClosed):
            self._manifests.poke()
        self._scribe.note("recorder", str(report))
        self._enter(report)
        self._tell(report)

    def _clip_repaired(self, repaired: Repair) -> None:
        text = (
            f"{repaired.file}: {repaired.frames} frames kept ({repaired.end_reason}), "
            f"{repaired.bytes_cut} torn and {repaired.bytes_damaged} damaged bytes"
        )
        self._scribe.note("recovered", text)
        self._scribe.enter(Said(Kind.CLIP_FINALISED, {"file": repaired.file}))

    def _clip_freed(self, clip: Clip) -> None:
        self._scribe.enter(Said(Kind.CLIP_FREED, {"file": clip.file}))

    def _store_failed(self, error: BwvError) -> None:
        full = isinstance(error, StoreFullError)
        self._recorder_reported(messages.WritingFailed(str(error), full))

    def _dock_reported(self, event: DockEvent) -> None:
        self._enter(event)
        self._tell(event)

    def _dock_changed(self, docked: bool) -> None:
        self.post_now(Trigger.DOCK if docked else Trigger.UNDOCK)

    def _part_failed(self, message: str) -> None:
        self._scribe.note("part_failed", message)
        self._scribe.enter(Said(Kind.FAULT, {"what": "part", "text": clipped(message)}))

    def _faults_cleared(self) -> None:
        self.post_now(Trigger.FAULT_CLEARED)

    def _is_recording(self) -> bool:
        return self._firmware.state is State.RECORDING

    def _free_bytes(self, folder: Path) -> int:
        return self._board.storage_space.read(folder).free_bytes

    def _room_bytes(self) -> int:
        """Bytes free above the reserve; negative when the reserve is touched."""
        reserve_bytes = self._configuration.storage.reserve_bytes
        return self._free_bytes(self._store.folder) - reserve_bytes

    def _close(self) -> None:
        """End every thread and part; the store stays the caller's."""
        if self._shut_down is None:
            # An error broke the loop: clips are closed whole all the same.
            self._dock_visit.close()
            self._recorder.close(self._clock.monotonic_ns())
        else:
            self._shut_down.join()
        self._repair.close()
        self._manifests.close()
        self._watchdog.close()
        self._gauges.close()
        self._faults.close()
        self._outputs.close()
        if self._off:
            self._scribe.enter(Said(Kind.OFF, {}))
        self._scribe.close()
        self._ledger.close()
        self._board.close()
