"""How much a clip or a recording can be relied on, in a word and a tone.

Who uses it: the view modules. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bwv_device.protocol.keys import ObjectKey, Status
from bwv_device.protocol.names import ContainerKind
from dock_server.tables import ContainerRow, ObjectRow


@dataclass(frozen=True, slots=True)
class Badge:
    """A word and its tone: good, busy, bad or plain."""

    text: str
    tone: str


_PROOF_DAMAGED = Badge("Damaged here", "bad")
_PROOF_DAMAGED_BEFORE = Badge("Damaged on the camera", "bad")
_PROOF_AGREES = Badge("Verified", "good")
_PROOF_UNKNOWN = Badge("No device digest", "plain")


def proof_of(row: ObjectRow) -> Badge:
    """Whether the device's digest of the clip and the server's agree."""
    if row.problem:
        return _PROOF_DAMAGED
    if row.meta.get(ObjectKey.INTEGRITY_PROBLEM):
        return _PROOF_DAMAGED_BEFORE
    said = row.meta.get(ObjectKey.SHA256, "").lower()
    if not said:
        return _PROOF_UNKNOWN
    return _PROOF_AGREES if said == row.sha256 else _PROOF_DAMAGED


def proof_of_all(clips: Sequence[ObjectRow]) -> Badge:
    """The worst of the clips' states."""
    found = [proof_of(row) for row in clips]
    for worst in (_PROOF_DAMAGED, _PROOF_DAMAGED_BEFORE, _PROOF_UNKNOWN, _PROOF_AGREES):
        if worst in found:
            return worst
    return Badge("No clips yet", "plain")


def status_of(row: ContainerRow) -> Badge:
    """Where the transfer stands."""
    if row.kind is ContainerKind.REJECTED:
        return Badge("Rejected content", "bad")
    if row.completed_ns is not None:
        return Badge(Status.COMPLETE, "good")
    return Badge(Status.TRANSFERRING, "busy")
