"""The head of a destination's own ledger as it states it: `System/LedgerHead.json`.

Who uses it: the server writes the document, the camera holds it against the head that it kept.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

from bwv_device.protocol.documents import first_problem, parse_json, to_json

AFTER = "Ledger-After"
"""Header of the request: the number of the head that the asker has kept. Without it, no digests."""
DIGESTS_MAX = 2000
"""In one document; who needs more asks again from the head that it states."""
FILE_MAX_BYTES = 250_000
_WHAT = "head of the destination's ledger"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class LedgerHead(BaseModel):
    """A head, and the digests of the entries that lead to it from the one that was named."""

    model_config = ConfigDict(
        alias_generator=to_pascal, populate_by_name=True, frozen=True, extra="ignore"
    )

    ledger: str = Field(pattern=r"^[0-9a-f]{16}$")
    number: int = Field(ge=0, le=1 << 53)
    hash: Sha256
    digests: tuple[Sha256, ...] = Field(default=(), max_length=DIGESTS_MAX)
    is_last: bool = True
    """False: the ledger goes on beyond `number`."""
    signature: str = Field(default="", max_length=200)
    """Of this head, in base64; empty where the destination has no key."""
    certificates: str = Field(default="", max_length=20_000)
    """PEM, leaf first, without the anchor."""

    def to_json(self) -> bytes:
        return to_json(self.model_dump(by_alias=True))


def parse_ledger_head(body: bytes) -> LedgerHead:
    """Read the document; raises `ProtocolError`."""
    document = parse_json(body, _WHAT, FILE_MAX_BYTES)
    try:
        return LedgerHead.model_validate(document)
    except ValidationError as error:
        raise first_problem(error, _WHAT) from error
