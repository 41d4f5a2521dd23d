"""Carries out what the firmware commands: each command goes to the part that does the work.

Who uses it: the agent, whose parts are threads, and the simulator, whose parts are models: so both
do the same at the same word. Nothing here waits.
"""

from collections.abc import Callable
from functools import singledispatchmethod
from typing import Protocol

from bwv_device.agent.translate import end_reason_of
from bwv_device.firmware import commands
from bwv_device.firmware.commands import Command
from bwv_device.media.port import RecorderPort

Indication = commands.ShowLight | commands.PlaySound | commands.Vibrate | commands.ShowScreen

NoteFact = Callable[[str, str, int | None], None]
"""Enters a fact: its kind, in words, and when it happened (monotonic)."""


class Indicators(Protocol):
    """Lights, sounder, vibration and screen."""

    def show(self, command: Indication) -> None:
        """Show, play or vibrate."""


class Dock(Protocol):
    """What docking means."""

    def begin(self) -> None:
        """The camera was docked."""

    def end(self) -> None:
        """The camera was taken off the dock."""


class Hands:
    """One thread uses it."""

    def __init__(
        self,
        indicators: Indicators,
        recorder: RecorderPort,
        dock: Dock,
        note: NoteFact,
        cut_power: Callable[[], None],
    ) -> None:
        self._indicators, self._recorder, self._dock = indicators, recorder, dock
        self._note_fact, self._cut_power = note, cut_power

    @singledispatchmethod
    def do(self, command: Command) -> None:
        """Carry out `command`."""
        raise TypeError(f"nobody carries out {type(command).__name__}")

    @do.register
    def _indicate(self, command: Indication) -> None:
        self._indicators.show(command)

    @do.register
    def _arm(self, _command: commands.Arm) -> None:
        self._recorder.arm()

    @do.register
    def _disarm(self, command: commands.Disarm) -> None:
        self._recorder.disarm(command.at_ns)

    @do.register
    def _start_recording(self, command: commands.StartRecording) -> None:
        self._recorder.begin(command.trigger_ns, command.reason)

    @do.register
    def _stop_recording(self, command: commands.StopRecording) -> None:
        self._recorder.end(command.stop_ns, command.reason, end_reason_of(command.reason))

    @do.register
    def _mark(self, command: commands.MarkBookmark) -> None:
        self._recorder.mark(command.at_ns)

    @do.register
    def _begin_docking(self, _command: commands.BeginDocking) -> None:
        self._dock.begin()

    @do.register
    def _end_docking(self, _command: commands.EndDocking) -> None:
        self._dock.end()

    @do.register
    def _note(self, command: commands.Note) -> None:
        self._note_fact(command.kind, command.text, command.at_ns)

    @do.register
    def _power_off(self, _command: commands.PowerOff) -> None:
        self._cut_power()
