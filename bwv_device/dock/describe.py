"""What the journal knows, as the protocol's metadata and documents.

Who uses it: `push` and `handshake`. Everything here is a plain function of its arguments.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bwv_device.dock import describe_clock
from bwv_device.dock.describe_account import account_metadata
from bwv_device.dock.fitted import fitted
from bwv_device.evidence.records import Bookmark, Clip, Recording, TrackPoint
from bwv_device.evidence.utc import ClockCorrection
from bwv_device.protocol import names, track
from bwv_device.protocol.keys import ContainerKey, ObjectKey, Status
from bwv_device.protocol.times import epoch_seconds, rfc3339, seconds

LOCATION_NEAR_NS = 60_000_000_000
"""How far from an instant a position may have been taken and still stand for it: a minute."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who docks: this camera, its wearer of today, and the dock."""

    serial: str
    model: str
    user_id: str
    user_name: str
    device_name: str = ""
    """What people call the camera; empty for its serial."""
    dock_serial: str = ""
    """Serial number of the dock; empty when it has none."""


def recording_metadata(
    recording: Recording,
    clips: Sequence[Clip],
    points: Sequence[TrackPoint],
    identity: Identity,
    corrections: Sequence[ClockCorrection] = (),
) -> dict[str, str]:
    """Metadata of a recording's container, without its status."""
    values: dict[str, str] = {
        ContainerKey.CONTAINER_NAME: recording.container,
        ContainerKey.BWC_SERIAL_NUMBER: recording.serial,
        ContainerKey.SCU_SERIAL_NUMBER: identity.dock_serial,
        ContainerKey.FIRMWARE_VERSION: recording.firmware_version,
        ContainerKey.BWC_MODEL: recording.model,
        ContainerKey.USER_ID: recording.user_id,
        ContainerKey.TRIGGER_ON: recording.trigger_on,
        ContainerKey.TRIGGER_OFF: recording.trigger_off or "",
        ContainerKey.TIME_ZONE: recording.time_zone,
    }
    values |= _trigger_times(recording, points) | _media_times(clips)
    values |= describe_clock.of_recording(recording, corrections)
    return {key: fitted(key, value) for key, value in values.items() if value}


def final_metadata(held: int, missing: Sequence[int]) -> dict[str, str]:
    """What the last request on a container adds: complete, how many clips, which are not there."""
    values: dict[str, str] = {
        ContainerKey.STATUS: Status.COMPLETE.value,
        ContainerKey.CLIP_COUNT: str(held),
    }
    if missing:
        numbers = ",".join(map(str, missing))
        values[ContainerKey.MISSING_CLIPS] = fitted(ContainerKey.MISSING_CLIPS, numbers)
    return values


def rejected_metadata(
    container: str, original: dict[str, str], at_utc_ns: int, reason: str
) -> dict[str, str]:
    """Metadata of a container for rejected content; `original` is the recording's."""
    own: dict[str, str] = {
        ContainerKey.CONTAINER_NAME: container,
        ContainerKey.REJECTED_ORIGINAL_CONTAINER: original[ContainerKey.CONTAINER_NAME],
        ContainerKey.REJECTED_TIME: epoch_seconds(at_utc_ns),
        ContainerKey.REJECTED_REASON: fitted(ContainerKey.REJECTED_REASON, reason),
    }
    return original | own


def clip_metadata(
    recording: Recording, clip: Clip, corrections: Sequence[ClockCorrection] = ()
) -> dict[str, str]:
    """Metadata of a finalised clip, the API's keys and our own."""
    duration_ns = clip.duration_ns or 0
    values: dict[str, str] = {
        **_times("StartTime", clip.start_utc_ns),
        **_times("StopTime", clip.start_utc_ns + duration_ns),
        ObjectKey.CONTAINER_TYPE: names.ContainerType.MP4.value,
        ObjectKey.SHA256: clip.sha256 or "",
        ObjectKey.SEALED: "True" if clip.sealed else "",
        ObjectKey.FRAMES: str(clip.frames),
        ObjectKey.FRAMES_DROPPED: str(clip.frames_dropped),
        ObjectKey.FRAMES_SKIPPED: str(clip.frames_skipped or ""),
        ObjectKey.OVERLOAD: clip.overload or "",
        ObjectKey.PICTURE_STREAM: clip.picture_stream,
        ObjectKey.PRE_RECORD_ASKED_S: seconds(recording.pre_record_asked_ns),
        ObjectKey.PRE_RECORD_DELIVERED_S: seconds(clip.pre_record_delivered_ns),
        ObjectKey.PRE_RECORD_SHORT_REASON: clip.pre_record_short_reason or "",
        ObjectKey.DURATION_S: seconds(duration_ns),
        ObjectKey.END_REASON: clip.end_reason or "",
        ObjectKey.CLIP_NUMBER: str(clip.number),
        **describe_clock.of_clip(recording, clip, corrections),
    }
    values |= account_metadata(clip)
    return {key: fitted(key, value) for key, value in values.items() if value}


def damaged_clip_metadata(
    recording: Recording,
    clip: Clip,
    sha256: str,
    problem: str,
    corrections: Sequence[ClockCorrection] = (),
) -> dict[str, str]:
    """Metadata of a clip whose bytes changed on the card; `sha256` is what they have now."""
    return clip_metadata(recording, clip, corrections) | {
        ObjectKey.SHA256: sha256,
        ObjectKey.RECORDED_SHA256: clip.sha256 or "",
        ObjectKey.INTEGRITY_PROBLEM: fitted(ObjectKey.INTEGRITY_PROBLEM, problem),
    }


def bookmark_object(recording: Recording, bookmark: Bookmark) -> tuple[str, dict[str, str]]:
    """Name and metadata of a bookmark."""
    name = names.bookmark_object(bookmark.at_utc_ns, f"{recording.short_id}-{bookmark.id}")
    return name, {ObjectKey.START_TIME: rfc3339(bookmark.at_utc_ns)}


def track_object(
    recording: Recording, clips: Sequence[Clip], points: Sequence[TrackPoint]
) -> tuple[str, dict[str, str], bytes]:
    """Name, metadata and body of a recording's location track."""
    start_ns = min(clip.start_utc_ns for clip in clips)
    name = names.track_object(start_ns, recording.short_id, recording.serial)
    entries = [
        track.track_point(point.latitude_deg, point.longitude_deg, point.at_utc_ns, start_ns)
        for point in points
    ]
    return name, {ObjectKey.FILE_TYPE: "json"}, track.track_json(entries)


def user_metadata(user_name: str) -> dict[str, str]:
    """Metadata of a wearer's object."""
    return {ObjectKey.ACTIVE: "True", ObjectKey.NAME: fitted(ObjectKey.NAME, user_name)}


def device_metadata(identity: Identity) -> dict[str, str]:
    """Metadata of the camera's object."""
    return {
        ObjectKey.ACTIVE: "True",
        ObjectKey.NAME: fitted(ObjectKey.NAME, identity.device_name or identity.serial),
        ObjectKey.MODEL: fitted(ObjectKey.MODEL, identity.model),
    }


def system_metadata(identity: Identity, connection_id: str) -> dict[str, str]:
    """Metadata of the object by which the camera knows a destination again."""
    name = fitted(ObjectKey.SYSTEM_NAME, identity.device_name or identity.serial)
    return {ObjectKey.CONNECTION_ID: connection_id, ObjectKey.SYSTEM_NAME: name}


def is_on_earth(point: TrackPoint) -> bool:
    """Whether a position can be written down; a receiver without a fix may give anything."""
    return -90 <= point.latitude_deg <= 90 and -180 <= point.longitude_deg <= 180


def _trigger_times(recording: Recording, points: Sequence[TrackPoint]) -> dict[str, str]:
    values = _times("TriggerOnTime", recording.trigger_on_utc_ns)
    on = _location(points, recording.trigger_on_utc_ns)
    values[ContainerKey.TRIGGER_ON_LOCATION] = on
    if recording.trigger_off_utc_ns is not None:
        values |= _times("TriggerOffTime", recording.trigger_off_utc_ns)
        off = _location(points, recording.trigger_off_utc_ns)
        values[ContainerKey.TRIGGER_OFF_LOCATION] = off
    return values


def _media_times(clips: Sequence[Clip]) -> dict[str, str]:
    """Start and stop of the media, pre-record included."""
    if not clips:
        return {}
    start_ns = min(clip.start_utc_ns for clip in clips)
    stop_ns = max(clip.start_utc_ns + (clip.duration_ns or 0) for clip in clips)
    return _times("StartTime", start_ns) | _times("StopTime", stop_ns)


def _times(key: str, utc_ns: int) -> dict[str, str]:
    return {key: epoch_seconds(utc_ns), f"{key}ISO": rfc3339(utc_ns)}


def _location(points: Sequence[TrackPoint], utc_ns: int) -> str:
    """The position taken nearest to `utc_ns`, empty when none was near."""
    nearest = min(points, key=lambda point: abs(point.at_utc_ns - utc_ns), default=None)
    if nearest is None or abs(nearest.at_utc_ns - utc_ns) > LOCATION_NEAR_NS:
        return ""
    return track.location_text(
        nearest.latitude_deg, nearest.longitude_deg, nearest.accuracy_m, nearest.at_utc_ns
    )
