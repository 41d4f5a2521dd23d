"""Sends an object by the best way that the destination has: resumable for clips, else a plain PUT.

Who uses it: `delivery`.
"""

import logging
from collections.abc import Callable, Mapping

from bwv_device.dock.clip_body import ClipBody
from bwv_device.dock.docking import Docking
from bwv_device.dock.http import Answer, Body
from bwv_device.dock.priority import is_marked
from bwv_device.dock.resumable import NotResumableError, Parcel, ResumableUpload
from bwv_device.evidence.records import Recording
from bwv_device.protocol import metadata
from bwv_device.protocol.capabilities import Capability
from bwv_device.protocol.metadata import MetaPrefix
from bwv_device.protocol.resumable import PRIORITY, URGENT

log = logging.getLogger(__name__)


def send_object(
    docking: Docking,
    recording: Recording,
    container: str,
    name: str,
    meta: Mapping[str, str],
    body: bytes | Body,
    headers: Mapping[str, str],
    create: Callable[[], None] | None = None,
) -> Answer:
    """As `Destination.put`; raises the same."""
    if is_marked(docking.journal, recording):
        headers = {**headers, PRIORITY: URGENT}
    if isinstance(body, ClipBody) and Capability.RESUMABLE_UPLOADS in docking.capabilities:
        try:
            return _send_resumable(docking, container, name, meta, body, headers, create)
        except NotResumableError as error:
            log.warning("%s; it is sent in one piece", error)
    return docking.destination.put(container, name, meta, body, headers, create)


def _send_resumable(
    docking: Docking,
    container: str,
    name: str,
    meta: Mapping[str, str],
    body: ClipBody,
    headers: Mapping[str, str],
    create: Callable[[], None] | None,
) -> Answer:
    destination = docking.destination
    limits = destination.upload_limits(container, name)
    if limits is None:
        raise NotResumableError(f"{container}/{name}: the destination states no limits of uploads")
    all_headers = {**metadata.encode(MetaPrefix.OBJECT, meta), **headers}
    parcel = Parcel(container, name, body, body.sha256, all_headers)
    return ResumableUpload(destination, docking.memory, limits, parcel, create).run()
