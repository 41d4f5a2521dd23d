"""Refuses what calls itself a manifest and is none, before it is kept as one for good.

Used by `intake`, in its thread. Only the form and the signature are looked at: whether the signer
is the camera's, and what a newer version says, is for `bwv verify`. Rejected content is taken
whatever it is, as the API wants it.
"""

from pathlib import Path

from bwv_device.evidence import jws
from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.manifest.signed import DOCUMENT_MAX_BYTES, KIND
from bwv_device.protocol.names import ContainerKind, ObjectKind, container_kind, object_kind
from dock_server.errors import NotStorableError


def check_content(container: str, name: str, path: Path) -> None:
    """Raise `NotStorableError` when the file at `path` is no object of the kind that its name says.

    Raises `OSError`.
    """
    is_manifest = object_kind(name) is ObjectKind.MANIFEST
    if not is_manifest or container_kind(container) is not ContainerKind.RECORDING:
        return
    with path.open("rb") as file:
        text = file.read(DOCUMENT_MAX_BYTES + 1)
    try:
        jws.read(text, KIND, DOCUMENT_MAX_BYTES)
    except SignedDocumentError as error:
        raise NotStorableError(f"{name} is no signed manifest: {error}") from error
