"""Which driver serves which part of the hardware: the `[parts.*]` tables.

The names of drivers and their options belong to `hal`, whose registry checks them; here they
are only carried.
"""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bwv_device.configuration.section import Section

Scalar = str | int | float | bool


def _option(value: object) -> object:
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, Scalar) for item in items):
        raise ValueError("must be text, a number, true, false, or a list of these")
    return value


OptionValue = Annotated[Scalar | list[Scalar], BeforeValidator(_option)]
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
    """The camera's parts. `none` says that the camera has no such part, where that is allowed.
    What a part's table leaves out is as in the default: the driver, and with the same driver
    its options."""

    camera: RequiredPart = Field(
        default=Part(driver="opencv"),
        description="The camera: `opencv`, `file` or `scene`; or "
        "one that delivers H.264 itself, which is passed on: `h264` (option `source`: a device, a "
        "URL or a file) or `picamera2`.",
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
    memory: Part = Field(
        default=Part(driver="psutil"),
        description="The gauge of free memory, or `none` for a memory that nobody watches.",
    )

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, tables: object) -> object:
        if not isinstance(tables, dict):
            return tables
        return {name: cls._completed(name, table) for name, table in tables.items()}

    @classmethod
    def _completed(cls, name: str, table: object) -> object:
        """`table` with the default's driver, and its options below those that are given."""
        field = cls.model_fields.get(name)
        if field is None or not isinstance(table, dict):
            return table
        usual: Part = field.default
        whole = {"driver": usual.driver, **table}
        given = table.get("options", {})
        if whole["driver"] == usual.driver and isinstance(given, dict):
            whole["options"] = {**usual.options, **given}
        return whole
