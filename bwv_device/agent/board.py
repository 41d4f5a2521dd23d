"""The camera's parts, each made by the driver that the configuration names.

Who uses it: the agent. This is the one place where a name in the configuration becomes a
part; nothing is opened before the agent starts it.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from bwv_device.configuration.model import Configuration
from bwv_device.configuration.parts import Part as PartChoice
from bwv_device.media.sources import Sources, make_sources, with_wishes
from hal import registry
from hal.errors import HalError
from hal.interfaces.battery import Battery
from hal.interfaces.button import Button
from hal.interfaces.clock import Clock
from hal.interfaces.display import Display
from hal.interfaces.dock_contact import DockContact
from hal.interfaces.haptic import Haptic
from hal.interfaces.light import Light
from hal.interfaces.locator import Locator
from hal.interfaces.memory import Memory
from hal.interfaces.part import Part
from hal.interfaces.sounder import Sounder
from hal.interfaces.storage_space import StorageSpace

log = logging.getLogger(__name__)

PartT = TypeVar("PartT")


@dataclass(frozen=True, slots=True)
class Board:
    """Every part of one camera. Camera and microphone are opened anew for each session."""

    sources: Sources
    recording_light: Light
    status_light: Light
    sounder: Sounder
    haptic: Haptic
    display: Display
    button: Button
    battery: Battery
    dock_contact: DockContact
    storage_space: StorageSpace
    memory: Memory | None
    locator: Locator | None

    def parts(self) -> Iterator[Part]:
        """What has to be closed, inputs first, lights last."""
        yield from (self.button, self.dock_contact, self.battery, self.storage_space)
        if self.locator is not None:
            yield self.locator
        if self.memory is not None:
            yield self.memory
        yield from (self.sounder, self.haptic, self.display)
        yield from (self.recording_light, self.status_light)

    def close(self) -> None:
        """Close every part; one that fails is logged and does not keep the rest open."""
        for part in self.parts():
            try:
                part.close()
            except HalError as error:
                log.error("closing %s failed: %s", type(part).__name__, error)


def make_board(configuration: Configuration, clock: Clock) -> Board:
    """Make all parts. Raises `HalError` that names the part, the driver and what to do."""
    parts = configuration.parts

    def make(
        open_it: Callable[..., PartT], kind: str, choice: PartChoice, **wishes: object
    ) -> PartT:
        options = with_wishes(kind, choice, wishes)
        return open_it(choice.driver, clock=clock, options=options)

    return Board(
        sources=make_sources(configuration, clock),
        recording_light=make(
            registry.open_light, "light", parts.recording_light, label="recording light"
        ),
        status_light=make(registry.open_light, "light", parts.status_light, label="status light"),
        sounder=make(registry.open_sounder, "sounder", parts.sounder),
        haptic=make(registry.open_haptic, "haptic", parts.haptic),
        display=make(registry.open_display, "display", parts.display),
        button=make(registry.open_button, "button", parts.button),
        battery=make(registry.open_battery, "battery", parts.battery),
        dock_contact=make(registry.open_dock_contact, "dock_contact", parts.dock_contact),
        storage_space=make(registry.open_storage_space, "storage_space", parts.storage_space),
        memory=None if parts.memory.absent else make(registry.open_memory, "memory", parts.memory),
        locator=None
        if parts.locator.absent
        else make(registry.open_locator, "locator", parts.locator),
    )
