"""Who carries which camera: the `[device]` and `[wearer]` tables."""

from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field

from bwv_device.configuration.section import PersonName, Section

UNASSIGNED = UUID(int=0)
"""The wearer of a camera that nobody has been given yet."""


def _uuid(value: object) -> object:
    """TOML has no UUIDs: they are written as text."""
    if not isinstance(value, str):
        return value
    try:
        return UUID(value)
    except ValueError:
        raise ValueError("must be a UUID such as 6f1c1f1e-5d0a-4a53-9a55-0f8d8f7f3b11") from None


class Device(Section):
    """This camera."""

    serial: str = Field(
        default="BWV-0001",
        pattern=r"^[A-Za-z0-9\-]{1,32}$",
        json_schema_extra={"allowed": "1 to 32 letters, digits and hyphens"},
        description="Serial number. It is part of every recording's name, so no two cameras of one "
        "site may share it.",
    )
    model: str = Field(
        default="Open BWV",
        pattern=r"^[ -~]{1,32}$",
        json_schema_extra={"allowed": "1 to 32 printable ASCII characters"},
        description="Model, drawn on the picture beside the serial.",
    )
    name: PersonName = Field(
        default="",
        description="What people call this camera; empty for the serial.",
    )


class Wearer(Section):
    """The person to whom the camera was given."""

    user_id: Annotated[UUID, BeforeValidator(_uuid)] = Field(
        default=UNASSIGNED,
        description="UUID of the wearer. All zeros is the wearer of a camera that nobody has "
        "been given yet.",
    )
    name: PersonName = Field(
        default="Unassigned",
        min_length=1,
        description="Name of the wearer, as the server shows it.",
    )
