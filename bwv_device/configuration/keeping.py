"""How long, where and until when clips are kept: `[recording]`, `[storage]`, `[dock]`, `[policy]`
and `[indications]`."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from bwv_device.configuration.section import AbsolutePath, OptionalPath, Section

MIB = 1024 * 1024
GIB = 1024 * MIB
OBJECT_MOST_BYTES = 5 * GIB
"""A plain OpenStack Swift refuses a single object above 5 GiB."""


class Recording(Section):
    """What happens while a recording runs."""

    split_after_s: float = Field(
        default=3600.0,
        ge=10,
        le=14_400,
        description="Seconds after which a recording goes on in a new clip. 4 h is the market's "
        "longest; an hour at the default bit rates is 1.8 GB.",
    )
    split_bytes: int = Field(
        default=2 * GIB,
        ge=MIB,
        lt=OBJECT_MOST_BYTES,
        description="Bytes after which a recording goes on in a new clip; below 5 GiB, because a "
        "plain object store refuses a larger object.",
    )
    reminder_interval_s: float = Field(
        default=120.0,
        ge=0,
        le=600,
        description="Seconds between the reminders (beeps and vibration) while recording; 0 is "
        "none.",
    )
    own_process: bool = Field(
        default=True,
        description="Record in a process of its own, which is started anew should it die or "
        "hang. Off is for tests and simulators: all in one process.",
    )


class Storage(Section):
    """The store: clips and their journal."""

    folder: AbsolutePath = Field(
        default=Path("~/.local/share/bwv/store"),
        validate_default=True,
        description="Folder of the store: an absolute path, or one that begins with ~/. It is "
        "made when it is missing. One agent at a time.",
    )
    reserve_bytes: int = Field(
        default=256 * MIB,
        ge=16 * MIB,
        description="Bytes of the file system that clips leave free. With less left, a new "
        "recording is refused and a running one is closed; footage that the server has not "
        "acknowledged is never deleted to make room.",
    )


class Dock(Section):
    """Delivery to a content destination."""

    connection_file: OptionalPath = Field(
        default=None,
        description="Connection file (JSON) of the content destination, as its operator hands "
        "it out; `bwv dock serve` writes one. Empty: clips stay on the device.",
    )
    retry_first_s: float = Field(
        default=1.0,
        ge=0.05,
        le=60,
        description="Seconds before the first repeat of a failed request.",
    )
    retry_most_s: float = Field(
        default=60.0,
        ge=0.05,
        le=3600,
        description="Longest wait between two repeats; each wait is about twice the one before.",
    )
    accept_status_only: bool = Field(
        default=False,
        description="Free a clip on the server's success status alone, for a server that states "
        "neither the SHA-256 of what it stored nor, as a plain OpenStack Swift does, its MD5 and "
        "length. Off: such a server gets the clips, and the device keeps its copies.",
    )

    @model_validator(mode="after")
    def _waits_grow(self) -> Self:
        if self.retry_most_s < self.retry_first_s:
            raise ValueError("retry_most_s must not be less than retry_first_s")
        return self


class Policy(Section):
    """What the force decided."""

    ready_state: Literal["pre_record", "standby"] = Field(
        default="pre_record",
        description="Where a camera that is ready waits: `pre_record` keeps the last seconds, "
        "`standby` keeps nothing.",
    )


class Indications(Section):
    """Which light, sound, vibration and screen each state shows."""

    file: OptionalPath = Field(
        default=None,
        description="File with the table of indications; empty for the one that ships, "
        "config/indications.toml.",
    )
