"""Drives lights, sounder, vibration and screen, in a thread of its own.

Who uses it: the owner thread hands commands over and goes on: a slow bus or a sound card must
not hold up the state machine. A part that fails is reported, and the others go on.
"""

import logging
import queue
import threading
from collections.abc import Callable
from functools import singledispatchmethod

from bwv_device.agent.board import Board
from bwv_device.firmware import commands
from hal.errors import HalError

log = logging.getLogger(__name__)

Indication = commands.ShowLight | commands.PlaySound | commands.Vibrate | commands.ShowScreen


class Outputs:
    """From `start` to `close`; commands are carried out in the order they came."""

    def __init__(self, board: Board, failed: Callable[[str], None]) -> None:
        """`failed` is told, in words, when a part does not do what it was asked."""
        self._board, self._failed = board, failed
        self._lights = {
            commands.LightName.RECORDING: board.recording_light,
            commands.LightName.STATUS: board.status_light,
        }
        self._queue: queue.SimpleQueue[Indication | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="outputs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def show(self, indication: Indication) -> None:
        """Carry out soon; never blocks."""
        self._queue.put(indication)

    def close(self) -> None:
        """Carry out what is queued, then end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (indication := self._queue.get()) is not None:
            try:
                self._carry_out(indication)
            except HalError as error:
                log.error("%s failed: %s", type(indication).__name__, error)
                self._failed(str(error))

    @singledispatchmethod
    def _carry_out(self, indication: Indication) -> None:
        raise TypeError(f"no part carries out {type(indication).__name__}")

    @_carry_out.register
    def _light(self, command: commands.ShowLight) -> None:
        self._lights[command.light].show(command.pattern)

    @_carry_out.register
    def _sound(self, command: commands.PlaySound) -> None:
        self._board.sounder.play(command.pattern)

    @_carry_out.register
    def _vibrate(self, command: commands.Vibrate) -> None:
        self._board.haptic.play(command.pattern)

    @_carry_out.register
    def _screen(self, command: commands.ShowScreen) -> None:
        self._board.display.show(command.screen)
