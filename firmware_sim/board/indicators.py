"""Lights, sounder, vibration and screen of the simulated camera: what a person would see and hear.

Who uses it: the simulated camera's hands; expectations look at it.
"""

from collections.abc import Callable
from functools import singledispatchmethod

from bwv_device.agent.hands import Indication
from bwv_device.firmware import commands
from bwv_device.firmware.commands import LightName
from hal.interfaces.light import DARK, LightPattern

Enter = Callable[[str, str], None]


class SeenIndicators:
    """What shows now; each change is entered into the event log."""

    def __init__(self, enter: Enter) -> None:
        """`enter` is given a kind and a text."""
        self._enter = enter
        self.lights: dict[LightName, LightPattern] = dict.fromkeys(LightName, DARK)
        self.sounds: list[str] = []

    def is_lit(self, light: LightName) -> bool:
        """Whether it is on, or blinks."""
        return self.lights[light].lit

    def go_dark(self) -> None:
        """The power has gone."""
        self.lights = dict.fromkeys(LightName, DARK)

    @singledispatchmethod
    def show(self, command: Indication) -> None:
        """Show, play or vibrate."""
        raise TypeError(f"nothing shows {type(command).__name__}")

    @show.register
    def _light(self, command: commands.ShowLight) -> None:
        self.lights[command.light] = command.pattern
        self._enter("light", f"{command.light.value} {command.pattern}")

    @show.register
    def _sound(self, command: commands.PlaySound) -> None:
        self.sounds.append(command.name)
        self._enter("sound", f"{command.name}, {len(command.pattern)} beeps")

    @show.register
    def _vibrate(self, command: commands.Vibrate) -> None:
        self._enter("haptic", f"{command.name}, {len(command.pattern)} pulses")

    @show.register
    def _screen(self, command: commands.ShowScreen) -> None:
        self._enter("screen", command.screen.heading)
