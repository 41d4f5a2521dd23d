"""A simulated camera: a board, a card, and one life after the other.

Who uses it: scenarios and tests. Its wearer's acts are methods; what it does is in the event log.
"""

import random
from functools import partial

from bwv_device.configuration.model import Configuration
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip, Recording
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.states import State
from firmware_sim.board.board import Board
from firmware_sim.board.button import Finger
from firmware_sim.camera.life import Life
from firmware_sim.event_log import EventLog
from firmware_sim.media.footage import Footage
from firmware_sim.world import World
from hal.interfaces.button import ButtonEdge


class SimulatedCamera:
    """Off until `power_on`."""

    def __init__(
        self, configuration: Configuration, world: World, footage: Footage, chance: random.Random
    ) -> None:
        self._configuration, self._world, self._footage = configuration, world, footage
        self.log = EventLog()
        self.board = Board(world, self._enter)
        self._chance, self._finger = chance, Finger(chance)
        self._life: Life | None = None

    @property
    def state(self) -> State:
        """At this instant."""
        if self._life is None or self._life.is_over:
            return State.OFF
        return self._life.state

    def power_on(self) -> None:
        """Switch it on. Raises `StoreError`; one that is on stays on."""
        if self.state is State.OFF:
            self._life = Life(
                *(self._configuration, self._world, self.board, self._footage),
                *(self._chance, self._enter),
            )
            self._life.begin()

    def power_off(self) -> None:
        """Switch it off, in order."""
        self._happen(Trigger.POWER_OFF)

    def cut_power(self) -> None:
        """Take the battery out."""
        if self._life is not None and not self._life.is_over:
            self._enter("fault", "the power is cut")
            self._life.cut_power()

    def press(self) -> None:
        """One short press."""
        self._edges(list(self._finger.press(self._world.now_ns)))

    def double_press(self) -> None:
        """Two short presses."""
        self._edges(list(self._finger.double_press(self._world.now_ns)))

    def hold(self, for_s: float) -> None:
        """One press of `for_s` seconds."""
        self._edges(list(self._finger.press(self._world.now_ns, for_s)))

    def dock(self) -> None:
        """Put it into the dock."""
        self.board.contact.set(True)

    def undock(self) -> None:
        """Take it out of the dock."""
        self.board.contact.set(False)

    def set_battery(self, charge: float) -> None:
        """Let the battery have `charge`, from 0 to 1."""
        self.board.battery.charge = charge

    def recordings(self) -> list[tuple[Recording, list[Clip]]]:
        """What is on its card, oldest first; the camera may be on."""
        journal = Journal.open_for_reading(self._configuration.storage.folder)
        try:
            return [(each, journal.clips(each.id)) for each in journal.recordings()]
        finally:
            journal.close()

    def bookmarks(self) -> int:
        """How many are on its card."""
        journal = Journal.open_for_reading(self._configuration.storage.folder)
        try:
            return sum(len(journal.bookmarks(each.id)) for each in journal.recordings())
        finally:
            journal.close()

    def _edges(self, edges: list[ButtonEdge]) -> None:
        for edge in edges:
            self._world.at(edge.at_ns, partial(self._edge, edge))

    def _edge(self, edge: ButtonEdge) -> None:
        self._enter("button", "down" if edge.pressed else "up")
        if self._life is not None:
            self._life.edge(edge)

    def _happen(self, trigger: Trigger) -> None:
        if self._life is not None:
            self._life.happen(trigger)

    def _enter(self, kind: str, text: str) -> None:
        self.log.add(self._world.now_ns, kind, text)
