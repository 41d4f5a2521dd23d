"""Which driver serves which part of the hardware: the `[parts.*]` tables.

The names of drivers and their options belong to `hal`, whose registry checks them; here they
are only carried.
"""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from bwv_device.configuration.section import Section


def _scalar(value: object) -> object:
    if not isinstance(value, str | int | float | bool):
        raise ValueError("must be text, a number, true or false")
    return value


OptionValue = Annotated[str | int | float | bool, BeforeValidator(_scalar)]
"""One option of a driver."""

ABSENT = "none"
"""The driver of a part that this camera does not have."""


class Part(Section):
    """One part of the hardware and the driver that serves it."""

    driver: str = Field(min_length=1, description="Name of the driver.")
    options: dict[str, OptionValue] = Field(
        default_factory=dict, description="Options of the driver; each driver has its own."
    )

    @property
    def absent(self) -> bool:
        """True when the configuration says that this camera has no such part."""
        return self.driver == ABSENT


def _present(part: Part) -> Part:
    if part.absent:
        raise ValueError(
            'a camera can\'t do its work without this part: driver = "none" is refused'
        )
    return part


RequiredPart = Annotated[Part, AfterValidator(_present)]
"""A part that every camera has."""


class Parts(Section):
    """The camera's parts. `none` says that the camera has no such part, where that is allowed."""

    camera: RequiredPart = Field(
        default=Part(driver="opencv"), description="The camera: `opencv`, `file` or `scene`."
    )
    microphone: Part = Field(
        default=Part(driver="sounddevice"),
        description="The microphone: `sounddevice`, `file`, `scene`, or `none` for a camera "
        "without sound.",
    )
    recording_light: RequiredPart = Field(
        default=Part(driver="terminal"), description="The red light that the public sees."
    )
    status_light: RequiredPart = Field(
        default=Part(driver="terminal"), description="The wearer's own light."
    )
    sounder: RequiredPart = Field(default=Part(driver="sounddevice"), description="The beeper.")
    haptic: RequiredPart = Field(
        default=Part(driver="terminal"), description="The vibration motor."
    )
    display: RequiredPart = Field(
        default=Part(driver="terminal"), description="The forward-facing screen."
    )
    button: RequiredPart = Field(default=Part(driver="keyboard"), description="The one button.")
    battery: RequiredPart = Field(
        default=Part(driver="fixed"),
        description="The battery gauge. `fixed` is none: it always reads the same.",
    )
    locator: Part = Field(
        default=Part(driver=ABSENT), description="The satellite receiver, or `none`."
    )
    dock_contact: RequiredPart = Field(
        default=Part(driver="file", options={"path": "~/.local/share/bwv/docked"}),
        description="The contact that closes in a dock. `file`: docked while the file exists.",
    )
    storage_space: RequiredPart = Field(
        default=Part(driver="disk"), description="The gauge of free space."
    )
