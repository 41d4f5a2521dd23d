"""What a receipt says. A pure value; its JSON has the API's style of names.

Who uses it: the server fills it from what it read from its disk, the camera frees clips on it,
`bwv verify` holds files against it. Times are UTC nanoseconds since 1970, digests lower-case hex.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from bwv_device.protocol.pictures import Fact

VERSION = 1
OBJECTS_MAX = 100_000
_LIMIT_NS = 1 << 62

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Text = Annotated[str, Field(max_length=1024)]


class Held(StrEnum):
    """Why the destination may speak for the container."""

    COMPLETE = "Complete"
    """The recording is complete: nothing in it changes any more."""
    REJECTED_CONTENT = "RejectedContent"
    """Content that it refused elsewhere and keeps here. More may come; these objects stay."""


class HeldObject(Fact):
    """An object, as it was read back from the disk for this receipt."""

    name: Name
    bytes: int = Field(ge=0, le=1 << 53)
    sha256: Sha256


class Receipt(Fact):
    """What a destination holds of one container."""

    version: int = Field(default=VERSION, ge=1)
    site_name: Text
    container: Name
    held: Held
    objects: tuple[HeldObject, ...] = Field(max_length=OBJECTS_MAX)
    """All of them, by name; none where every clip of the recording is missing or was refused."""
    missing_clips: Text = ""
    """As the container's metadata `MissingClips`: clips that were recorded and are not here."""
    device: Text
    """Serial number of the camera whose receipts are numbered and chained here."""
    number: int = Field(ge=1, le=1 << 53)
    """Of this camera's receipts at this destination, from 1, without a gap."""
    previous_sha256: Sha256 | None = None
    """SHA-256 of the text of the camera's receipt with the number before; None in its first."""
    issued_utc_ns: int = Field(ge=0, le=_LIMIT_NS)
    """By the destination's clock."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Receipt":
        if (self.number == 1) != (self.previous_sha256 is None):
            raise ValueError("only the first receipt of a camera follows none")
        names = [one.name for one in self.objects]
        if names != sorted(set(names)):
            raise ValueError("the objects are not in order, or one is there twice")
        return self

    def object(self, name: str) -> HeldObject | None:
        """What it says of an object; None when it says nothing."""
        return next((one for one in self.objects if one.name == name), None)
