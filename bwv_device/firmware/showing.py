"""Rows of the table of indications as commands. Who uses it: `machine`."""

from collections.abc import Iterable

from bwv_device.firmware.commands import (
    Command,
    LightName,
    PlaySound,
    ShowLight,
    ShowScreen,
    Vibrate,
)
from bwv_device.firmware.indications import Indications, Moment
from bwv_device.firmware.states import State


def lights(indications: Indications, state: State) -> tuple[Command, ...]:
    """Both lights of `state`, the public's first: its delay after a trigger is what counts."""
    light = ShowLight(LightName.RECORDING, indications.states[state].recording_light)
    return (light, *status_light(indications, state))


def status_light(indications: Indications, state: State) -> tuple[Command, ...]:
    """The wearer's own light alone."""
    return (ShowLight(LightName.STATUS, indications.states[state].status_light),)


def screen(indications: Indications, state: State) -> tuple[Command, ...]:
    """The forward-facing screen of `state`."""
    return (ShowScreen(indications.states[state].screen),)


def moments(indications: Indications, names: Iterable[Moment]) -> tuple[Command, ...]:
    """Sound and haptic of each moment in turn; one that the table leaves empty is left out."""
    commands: list[Command] = []
    for name in names:
        row = indications.moments[name]
        if row.sound:
            commands.append(PlaySound(name.value, row.sound))
        if row.haptic:
            commands.append(Vibrate(name.value, row.haptic))
    return tuple(commands)
