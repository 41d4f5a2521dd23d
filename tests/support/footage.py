"""A store with finished recordings whose clips are random bytes of a size that a test wants."""

import os
from uuid import UUID

from bwv_device.dock.describe import Identity
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.records import ClipResult, EndReason, NewClip, NewRecording
from bwv_device.evidence.store import Store

NS_PER_S = 1_000_000_000
START_UTC_NS = 1_790_000_000 * NS_PER_S
USER_ID = str(UUID(int=7))
IDENTITY = Identity(serial="SOAK-1", model="Soak", user_id=USER_ID, user_name="Soak")


def add_recording(
    store: Store,
    number: int,
    clips: int,
    clip_bytes: int,
    serial: str = IDENTITY.serial,
    user_id: str = USER_ID,
) -> None:
    """A recording that was stopped, of `clips` finalised clips."""
    trigger_utc_ns = START_UTC_NS + number * 3600 * NS_PER_S
    new = NewRecording(
        user_id=user_id,
        user_name="Soak",
        serial=serial,
        model="Soak",
        firmware_version="0",
        trigger_on="Button",
        trigger_on_utc_ns=trigger_utc_ns,
        pre_record_asked_ns=0,
        time_zone="UTC",
    )
    recording = store.begin_recording(new)
    for index in range(clips):
        start_utc_ns = trigger_utc_ns + index * 60 * NS_PER_S
        clip = store.open_clip(
            recording, NewClip(recording.id, index + 1, start_utc_ns, 0, None, 33_333_333)
        )
        path = store.path(clip)
        path.write_bytes(os.urandom(clip_bytes))
        found = digest_file(path)
        result = ClipResult(
            EndReason.STOP, 60 * NS_PER_S, 1800, 0, found.bytes, found.sha256, found.md5
        )
        store.journal.finalise_clip(clip.id, result)
    store.journal.end_recording(recording.id, "Button", trigger_utc_ns + clips * 60 * NS_PER_S)
