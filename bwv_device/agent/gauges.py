"""Reads the gauges: the position each second while recording, the battery twice a minute and
more often when it is low.

Who uses it: the agent. Both may sit on a slow bus, so they have a thread of their own.
"""

import threading
from collections.abc import Callable

from bwv_device.agent.battery_watch import BatteryWatch, in_words
from bwv_device.agent.board import Board
from bwv_device.agent.facts import Said, battery_said, clipped
from bwv_device.agent.scribe import Scribe
from bwv_device.configuration.battery import Battery
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.firmware.events import Event
from hal.errors import HalError
from hal.interfaces.clock import NS_PER_S, Clock
from hal.interfaces.locator import Fix

LOOK_EVERY_S = 1.0
NOTE_BATTERY_EVERY_S = 60.0


class Gauges:
    """From `start` to `close`."""

    def __init__(
        self,
        clock: Clock,
        board: Board,
        is_recording: Callable[[], bool],
        locate: Callable[[Fix], None],
        scribe: Scribe,
        battery: Battery,
        post: Callable[[Event], None],
    ) -> None:
        """`locate` is given each new fix while `is_recording()`; `post` is given what becomes
        of the battery."""
        self._clock, self._board, self._scribe = clock, board, scribe
        self._is_recording, self._locate = is_recording, locate
        self._last_fix_ns: int | None = None
        self._watch, self._post = BatteryWatch(battery), post
        self._battery_due_ns = self._note_due_ns = 0
        self._failing: set[str] = set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gauges", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._look("locator", self._look_where)
            if self._clock.monotonic_ns() >= self._battery_due_ns:
                self._look("battery", self._look_at_battery)
            if self._clock.wait(self._closing, LOOK_EVERY_S):
                return

    def _look(self, what: str, look: Callable[[], None]) -> None:
        """A gauge that does not answer is noted once, and asked again."""
        try:
            look()
            if what in self._failing:
                self._failing.discard(what)
                self._scribe.enter(Said(Kind.FAULT_OVER, {"what": what, "text": "it answers"}))
        except HalError as error:
            if what not in self._failing:
                self._failing.add(what)
                self._scribe.note("part_failed", str(error))
                data = {"what": what, "text": clipped(error)}
                self._scribe.enter(Said(Kind.FAULT, data))

    def _look_where(self) -> None:
        if self._board.locator is None or not self._is_recording():
            return
        fix = self._board.locator.read()
        if fix is not None and fix.at_ns != self._last_fix_ns:
            self._last_fix_ns = fix.at_ns
            self._locate(fix)

    def _look_at_battery(self) -> None:
        now_ns = self._clock.monotonic_ns()
        try:
            reading = self._board.battery.read()
            trigger = self._watch.look(reading)
        except HalError:
            self._watch.miss()
            raise
        finally:
            self._battery_due_ns = now_ns + round(self._watch.next_look_s * NS_PER_S)
        text = in_words(reading)
        if trigger is not None:
            self._post(Event(trigger, now_ns, message=text))
        if trigger is not None or now_ns >= self._note_due_ns:
            self._note_due_ns = now_ns + round(NOTE_BATTERY_EVERY_S * NS_PER_S)
            self._scribe.note("battery", text)
            self._scribe.enter(battery_said(reading))
