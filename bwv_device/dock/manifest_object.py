"""Brings the manifest of a clip to where the clip is.

Who uses it: `delivery`, once the destination has the clip and before the camera takes note of
that: a clip that was acknowledged has had its manifest sent. What keeps a manifest back is told,
and keeps no footage on the camera.
"""

import hashlib
import logging
from pathlib import Path

from bwv_device.dock.docking import Docking
from bwv_device.dock.errors import ConflictError, RejectedError
from bwv_device.dock.target import Target
from bwv_device.errors import BwvError, Kind
from bwv_device.evidence.jws import MEDIA_TYPE
from bwv_device.evidence.manifest.keeping import manifest_path
from bwv_device.evidence.records import Clip
from bwv_device.protocol.digest import REPR_DIGEST, md5_hex, repr_digest
from bwv_device.protocol.keys import ObjectKey
from bwv_device.protocol.names import manifest_object

log = logging.getLogger(__name__)


def send_manifest(docking: Docking, target: Target, clip: Clip) -> None:
    """PUT the clip's manifest, made if it is missing and can be made.

    Raises `DockError` for what may pass; the clip is put back then, and all is done again.
    """
    body = _body(docking, clip)
    if body is None:
        return
    sha256 = hashlib.sha256(body).hexdigest()
    meta = {ObjectKey.FILE_TYPE: "json", ObjectKey.SHA256: sha256, **target.extra}
    headers = {
        "Content-Type": MEDIA_TYPE,
        "ETag": md5_hex(body),
        REPR_DIGEST: repr_digest(sha256),
    }
    name = manifest_object(Path(clip.file).name)
    try:
        docking.destination.put(target.container, name, meta, body, headers, target.create)
    except (RejectedError, ConflictError) as error:
        docking.tally.problem(error.kind, f"the clip goes without its manifest: {error}")


def _body(docking: Docking, clip: Clip) -> bytes | None:
    """None when there is none, which a clip of an older version may not have."""
    path = manifest_path(docking.store, clip)
    try:
        if docking.manifests is not None:
            docking.manifests.ensure(clip)
        return path.read_bytes() if path.exists() else None
    except (BwvError, OSError) as error:
        text = f"{clip.file}: the clip goes without a manifest, which can't be had: {error}"
        docking.tally.problem(Kind.FAULT, text)
        return None
