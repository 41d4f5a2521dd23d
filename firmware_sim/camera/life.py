"""One life of a simulated camera: from power on to power off, or to a power cut.

Who uses it: the simulated camera, which has one life after the other. Nothing in here survives the
end of one. Procedures S2 and S4 of docs/design/simulator.md.
"""

import random
from collections.abc import Callable
from pathlib import Path

from bwv_device.agent.assemble import policy_of
from bwv_device.agent.battery_watch import BatteryWatch, in_words
from bwv_device.agent.hands import Hands
from bwv_device.agent.translate import event_of
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.repair import look, put_right
from bwv_device.evidence.store import Store
from bwv_device.firmware.commands import Command
from bwv_device.firmware.events import Event, Trigger
from bwv_device.firmware.indications_file import load_indications
from bwv_device.firmware.machine import Firmware
from bwv_device.firmware.states import State
from bwv_device.media.messages import ClipClosed, ClipOpened, RecordingClosed, Report
from firmware_sim.board.board import Board
from firmware_sim.camera.no_dock import NoDock
from firmware_sim.dock.visit import SimulatedVisit
from firmware_sim.media.footage import Footage
from firmware_sim.media.recorder import SimulatedRecorder
from firmware_sim.world import Alarm, World
from hal.interfaces.button import ButtonEdge

BOOT_S = 1.0
"""From power on to ready; `assumed`. The prototype's figure is in docs/benchmarks.md."""
FREE_BYTES = 60 * 10**9
Enter = Callable[[str, str], None]


class Life:
    """From `begin` until `is_over`."""

    def __init__(
        self,
        configuration: Configuration,
        world: World,
        board: Board,
        footage: Footage,
        chance: random.Random,
        enter: Enter,
    ) -> None:
        """`enter` is given what happens: a kind and a text. Raises `StoreError`."""
        self._world, self._board, self._enter = world, board, enter
        self.is_over = False
        self._store = Store.open(configuration.storage.folder)
        indications = load_indications(configuration.indications.file)
        self._firmware = Firmware(policy_of(configuration), indications)
        self._recorder = SimulatedRecorder(
            *(configuration, world, self._store, footage, self._free_bytes, self._reported)
        )
        self._dock = self._make_dock(configuration, chance)
        self._hands = Hands(
            *(board.indicators, self._recorder, self._dock, self._note, self._power_is_off)
        )
        self._deadline = Alarm(world, self._advance)
        self._battery = BatteryWatch(configuration.battery)

    @property
    def state(self) -> State:
        """At this instant."""
        return self._firmware.state

    def begin(self) -> None:
        """Power on."""
        self._board.contact.changed = self._dock_changed
        self._recorder.start()
        self._post(Event(Trigger.POWER_ON, self._world.now_ns))
        look(self._store)
        for made in put_right(self._store):
            self._enter("repair", f"{made.end_reason}, {made.frames} frames kept")
        self._dock_changed(self._board.contact.is_docked)
        self._world.after(BOOT_S, lambda: self.happen(Trigger.BOOT_DONE))
        self._look_at_battery()

    def happen(self, trigger: Trigger, message: str = "") -> None:
        """An event at this instant; `message` says in words what led to it."""
        if not self.is_over:
            self._post(Event(trigger, self._world.now_ns, message=message))

    def edge(self, edge: ButtonEdge) -> None:
        """The button goes down or up."""
        if not self.is_over:
            self._perform(self._firmware.post(edge))

    def cut_power(self) -> None:
        """From one instant to the next there is nothing left but what is on the card."""
        self._end()
        self._dock.end()
        self._recorder.cut_power()
        self._store.close()

    def _post(self, event: Event) -> None:
        self._perform(self._firmware.post(event))

    def _advance(self) -> None:
        if not self.is_over:
            self._perform(self._firmware.advance(self._world.now_ns))

    def _perform(self, batch: tuple[Command, ...]) -> None:
        for command in batch:
            self._hands.do(command)
        self._board.set_state(self.state)
        if self.state is State.SHUTTING_DOWN:
            self._world.soon(self._shut_down)
        if not self.is_over:
            self._deadline.set(self._firmware.next_deadline_ns())

    def _shut_down(self) -> None:
        if not self.is_over and self.state is State.SHUTTING_DOWN:
            self._dock.end()
            self._recorder.close(self._world.now_ns)
            self.happen(Trigger.SHUT_DOWN_DONE)

    def _power_is_off(self) -> None:
        self._end()
        self._world.soon(self._store.close)

    def _end(self) -> None:
        self.is_over = True
        self._deadline.set(None)
        self._board.contact.changed = None
        self._board.indicators.go_dark()
        self._board.set_state(State.OFF)

    def _reported(self, report: Report) -> None:
        if self.is_over and not isinstance(report, ClipClosed | RecordingClosed):
            return
        self._enter("recorder", _words(report))
        event = event_of(report, self._world.now_ns)
        if event is not None and not self.is_over:
            self._post(event)

    def _dock_changed(self, docked: bool) -> None:
        self.happen(Trigger.DOCK if docked else Trigger.UNDOCK)

    def _look_at_battery(self) -> None:
        if self.is_over:
            return
        reading = self._board.read_battery()
        trigger = self._battery.look(reading)
        if trigger is not None:
            self._enter("battery", in_words(reading))
            self.happen(trigger, in_words(reading))
        self._world.after(self._battery.next_look_s, self._look_at_battery)

    def _note(self, kind: str, text: str, at_ns: int | None) -> None:
        del at_ns  # the log has the present instant, and the text says the rest
        self._enter("note", f"{kind}: {text}")

    def _make_dock(
        self, configuration: Configuration, chance: random.Random
    ) -> NoDock | SimulatedVisit:
        connection_file = configuration.dock.connection_file
        if connection_file is None:
            return NoDock(self._enter)
        return SimulatedVisit(
            *(configuration, connection_file, self._world, self._store, chance.random),
            self._enter,
        )

    def _free_bytes(self, _folder: Path) -> int:
        return FREE_BYTES


def _words(report: Report) -> str:
    """Without the names of files and containers, which are drawn by chance."""
    match report:
        case ClipOpened(pre_record_delivered_s=seconds):
            return f"ClipOpened, {seconds:.3f} s before the trigger"
        case ClipClosed(end_reason=reason, duration_s=seconds, frames=frames):
            return f"ClipClosed, {reason}, {seconds:.3f} s, {frames} frames"
        case RecordingClosed():
            return "RecordingClosed"
        case _:
            return str(report)
