"""Drives a firmware in tests: short names for what happens, sorting for what it asks for."""

from collections.abc import Iterable
from typing import TypeVar

from bwv_device.firmware.commands import (
    Command,
    LightName,
    Note,
    NoteKind,
    PlaySound,
    ShowLight,
)
from bwv_device.firmware.events import Event, Trigger
from bwv_device.firmware.indications_file import load_indications
from bwv_device.firmware.machine import Firmware
from bwv_device.firmware.policy import NS_PER_S, Policy
from bwv_device.firmware.states import State
from hal.interfaces.button import ButtonEdge

S = NS_PER_S
MS = NS_PER_S // 1000
SHIPPED = load_indications()
Kind = TypeVar("Kind")


def event(trigger: Trigger | str, at_ns: int, reason: str = "", message: str = "") -> Event:
    return Event(Trigger(trigger), at_ns, reason, message)


def camera(policy: Policy | None = None) -> Firmware:
    return Firmware(policy or Policy(), SHIPPED)


def camera_after(triggers: Iterable[Trigger | str], policy: Policy | None = None) -> Firmware:
    """A camera to which `triggers` happened, one a second from 1 s on."""
    firmware = camera(policy)
    for at_s, trigger in enumerate(triggers, start=1):
        firmware.post(event(trigger, at_s * S))
    return firmware


READY = ("power_on", "boot_done")
RECORDING = (*READY, "start")
STANDBY_POLICY = Policy(ready_state=State.STANDBY)
NO_RING = Policy(pre_record_s=0)


def press(firmware: Firmware, at_ns: int, for_ns: int) -> list[Command]:
    """Press the button at `at_ns` and let go `for_ns` later."""
    return [
        *firmware.post(ButtonEdge(True, at_ns)),
        *firmware.post(ButtonEdge(False, at_ns + for_ns)),
    ]


def of_kind(commands: Iterable[Command], kind: type[Kind]) -> list[Kind]:
    return [command for command in commands if isinstance(command, kind)]


def notes(commands: Iterable[Command], kind: NoteKind) -> list[Note]:
    return [note for note in of_kind(commands, Note) if note.kind is kind]


def sounds(commands: Iterable[Command]) -> list[str]:
    return [sound.name for sound in of_kind(commands, PlaySound)]


def recording_light(commands: Iterable[Command]) -> list[bool]:
    """Lit or dark, each time that the public's light is set."""
    return [
        light.pattern.lit
        for light in of_kind(commands, ShowLight)
        if light.light is LightName.RECORDING
    ]
