"""A recording's location tracks as objects: in the clear, or sealed with their key files.

Who uses it: `handover`.
"""

import logging
from collections.abc import Iterator

from bwv_device.dock import describe
from bwv_device.dock.docking import Docking
from bwv_device.dock.sealing import key_metadata
from bwv_device.evidence.records import Recording
from bwv_device.evidence.sealing.rows import SealedTrack
from bwv_device.protocol import names
from bwv_device.protocol.keys import ObjectKey

log = logging.getLogger(__name__)

Extra = tuple[str, dict[str, str], bytes]
"""Name, metadata and body."""


def track_objects(docking: Docking, recording: Recording) -> Iterator[Extra]:
    """What there is of the track; a key file before what it opens."""
    clips, points = docking.clips(recording), docking.track(recording)
    if points and docking.wants_sealed:
        log.error(
            "%s: %s positions from before sealing was on stay in the camera's journal",
            recording.container,
            len(points),
        )
    elif points:
        yield describe.track_object(recording, clips, points)
    for number, sealed in enumerate(docking.journal.sealed_tracks(recording.id), 1):
        start_ns = min(clip.start_utc_ns for clip in clips)
        yield from _sealed_objects(recording, start_ns, number, sealed)


def _sealed_objects(
    recording: Recording, start_ns: int, number: int, sealed: SealedTrack
) -> Iterator[Extra]:
    # An id of its own: the key would have the name of the first clip's otherwise.
    track_id = f"{recording.short_id}-T{number}"
    yield names.key_object(start_ns, track_id), key_metadata(start_ns), sealed.key_file
    name = names.track_object(start_ns, track_id, recording.serial)
    yield name, {ObjectKey.FILE_TYPE: "json", ObjectKey.SEALED: "True"}, sealed.body
