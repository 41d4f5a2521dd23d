"""What a destination can take: `System/Capabilities.json`.

Who uses it: the client asks before it sends optional things, the server states what it has.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from bwv_device.protocol.documents import parse_json, to_json
from bwv_device.protocol.errors import ProtocolError

FILE_MAX_BYTES = 64_000
_WHAT = "capabilities document"


class Capability(StrEnum):
    """The API's capabilities and ours; each belongs to one of the document's maps."""

    READ_CATEGORIES = "ReadCategories"
    STORE_BOOKMARKS = "StoreBookmarks"
    STORE_REJECTED_CONTENT = "StoreRejectedContent"
    STORE_USER_ID_KEY = "StoreUserIDKey"
    STORE_SIGNED_VIDEO = "StoreSignedVideo"
    STORE_GNSS_TRACK_RECORDING = "StoreGNSSTrackRecording"
    STORE_READ_SYSTEM_ID = "StoreReadSystemID"
    SIGNED_RECEIPTS = "SignedReceipts"
    """Ours: a complete recording is answered with a signed receipt, and a clip is freed on nothing
    else."""
    RESUMABLE_UPLOADS = "ResumableUploads"
    """Ours: an object's PUT may be begun with `Upload-Complete` and gone on with later."""
    STORE_LEDGER = "StoreLedger"
    """Ours: the camera's ledger is taken, and the destination has one of its own."""


MAPS: dict[str, tuple[Capability, ...]] = {
    "Read": (Capability.READ_CATEGORIES,),
    "Store": (
        Capability.STORE_BOOKMARKS,
        Capability.STORE_REJECTED_CONTENT,
        Capability.STORE_USER_ID_KEY,
        Capability.STORE_SIGNED_VIDEO,
        Capability.STORE_GNSS_TRACK_RECORDING,
    ),
    "StoreAndRead": (Capability.STORE_READ_SYSTEM_ID,),
    "Bwv": (Capability.SIGNED_RECEIPTS, Capability.RESUMABLE_UPLOADS, Capability.STORE_LEDGER),
}
"""The last map is ours: the API's readers pass over one that they do not know."""

OURS = frozenset(MAPS["Bwv"])
"""Capabilities that the API does not have, and that no other destination has therefore."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The capabilities that a destination has; what is not there is not supported."""

    supported: frozenset[Capability] = field(default_factory=frozenset)

    def __contains__(self, capability: object) -> bool:
        return capability in self.supported

    @property
    def reads_categories(self) -> bool:
        """Categories are of use only with bookmarks, which carry them."""
        return {Capability.READ_CATEGORIES, Capability.STORE_BOOKMARKS} <= self.supported

    def joined(self, earlier: "Capabilities") -> "Capabilities":
        """With what was known before: once true, always true."""
        return Capabilities(self.supported | earlier.supported)

    def to_json(self) -> bytes:
        """The document, every capability named in its map."""
        return to_json(
            {
                name: {capability.value: capability in self.supported for capability in members}
                for name, members in MAPS.items()
            }
        )


NO_CAPABILITIES = Capabilities()
"""A destination without the document."""

ALL_CAPABILITIES = Capabilities(frozenset(Capability) - OURS)
"""A destination whose connection file says `FullStoreAndReadSupport`: everything in the API."""


def parse_capabilities(body: bytes | str) -> Capabilities:
    """Read the document; unknown names and maps are ignored, only `true` counts.

    Raises `ProtocolError` for bad JSON, which the client takes for `NO_CAPABILITIES`.
    """
    document = parse_json(body, _WHAT, FILE_MAX_BYTES)
    if not isinstance(document, dict):
        raise ProtocolError(f"the {_WHAT} is not a JSON object")
    maps = {name: document.get(name) for name in MAPS}
    return Capabilities(
        frozenset(
            capability
            for name, members in MAPS.items()
            for capability in members
            if isinstance(values := maps[name], dict) and values.get(capability.value) is True
        )
    )
