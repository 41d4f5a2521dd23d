"""Every metadata key, spelt once, with the limit of its value.

Who uses it: `metadata` and whoever sets or reads a key. HTTP loses the case of a key on the
way, so keys are compared without case and `canonical` gives the spelling back.
"""

from enum import StrEnum


class ContainerKey(StrEnum):
    """Keys of a recording container (`X-Container-Meta-*`)."""

    CONTAINER_NAME = "ContainerName"
    BWC_SERIAL_NUMBER = "BWCSerialNumber"
    SCU_SERIAL_NUMBER = "SCUSerialNumber"
    FIRMWARE_VERSION = "FirmwareVersion"
    BWC_MODEL = "BWCModel"
    USER_ID = "UserID"
    TRIGGER_ON = "TriggerOn"
    TRIGGER_OFF = "TriggerOff"
    TRIGGER_ON_TIME = "TriggerOnTime"
    TRIGGER_ON_TIME_ISO = "TriggerOnTimeISO"
    TRIGGER_OFF_TIME = "TriggerOffTime"
    TRIGGER_OFF_TIME_ISO = "TriggerOffTimeISO"
    TRIGGER_ON_LOCATION = "TriggerOnLocation"
    TRIGGER_OFF_LOCATION = "TriggerOffLocation"
    START_TIME = "StartTime"
    START_TIME_ISO = "StartTimeISO"
    STOP_TIME = "StopTime"
    STOP_TIME_ISO = "StopTimeISO"
    TIME_ZONE = "TimeZone"
    STATUS = "Status"
    REJECTED_ORIGINAL_CONTAINER = "RejectedContentOriginalContainer"
    REJECTED_TIME = "RejectedContentTime"
    REJECTED_REASON = "RejectedContentReason"
    CLIP_COUNT = "ClipCount"
    """Ours: how many clips the container holds at `Complete`, as a decimal number; checked."""
    MISSING_CLIPS = "MissingClips"
    """Ours: numbers of clips, joined by commas, that were recorded and that the container does
    not hold: lost on the camera, or refused and kept as rejected content. `ClipCount` leaves
    them out. Absent when the recording is whole."""
    CLOCK_STEPS = "ClockSteps"
    """Ours: when UTC was set while this was recorded, `<seconds from the trigger>:<seconds
    forward>`, joined by commas: `12.345:+3600.000`. The times of the recording do not follow."""
    CLOCK_CORRECTION_S = "ClockCorrectionS"
    """Ours: seconds to add to every time of this recording, `+3600.000`, because the right time
    became known only after the trigger. Absent otherwise."""


class ObjectKey(StrEnum):
    """Keys of an object (`X-Object-Meta-*`)."""

    START_TIME = "StartTime"
    START_TIME_ISO = "StartTimeISO"
    STOP_TIME = "StopTime"
    STOP_TIME_ISO = "StopTimeISO"
    CONTAINER_TYPE = "ContainerType"
    FILE_TYPE = "FileType"
    CATEGORY_ID = "CategoryID"
    CATEGORY_NAME = "CategoryName"
    TAGS = "Tags"
    END_TIME = "EndTime"
    LOCATION = "Location"
    CONNECTION_ID = "ConnectionId"
    SYSTEM_NAME = "SystemName"
    ACTIVE = "Active"
    NAME = "Name"
    USER_ID = "UserID"
    MODEL = "Model"
    REJECTED_ORIGINAL_CONTAINER = "RejectedContentOriginalContainer"
    # Ours, on clips.
    SHA256 = "Sha256"
    """SHA-256 of the whole object, 64 lower-case hex digits; the server refuses another body."""
    SEALED = "Sealed"
    """`True` on a clip or track that only the destination's private key opens; its key object lies
    beside it. Absent in the clear."""
    FRAMES = "Frames"
    """Video frames in the clip, as a decimal number."""
    FRAMES_DROPPED = "FramesDropped"
    """Frames known to be lost between camera and file."""
    FRAMES_SKIPPED = "FramesSkipped"
    """Frames that were captured and left out because encoding did not keep up; absent when
    there were none."""
    OVERLOAD = "Overload"
    """With `FramesSkipped`: when, as `from-to@rate`, seconds of the clip and frames a second,
    joined by commas; cut off with dots when there are too many to say."""
    PICTURE_STREAM = "PictureStream"
    """What a viewer has to know of the picture's stream: that it is the camera's own and nothing
    was drawn on it, or that it is slates; absent for pictures encoded as usual."""
    PRE_RECORD_ASKED_S = "PreRecordAskedS"
    """Seconds of pre-record that the settings asked for."""
    PRE_RECORD_DELIVERED_S = "PreRecordDeliveredS"
    """Seconds of pre-record in the clip; 0 in all but a recording's first."""
    DURATION_S = "DurationS"
    """Length of the video in seconds."""
    END_REASON = "EndReason"
    """Why the clip ended, as the device's journal has it."""
    CLIP_NUMBER = "ClipNumber"
    """Place in the recording, from 1."""
    PRE_RECORD_SHORT_REASON = "PreRecordShortReason"
    """Why less pre-record was delivered than asked; absent when all of it is there."""
    START_TIME_EXACT = "StartTimeExact"
    """`StartTimeISO` with milliseconds, which the API's keys do not have."""
    START_TIME_BASIS = "StartTimeBasis"
    """How the clip came by its UTC: `Synchronised`, `Corrected` or `Unsynchronised`."""
    START_TIME_ERROR_S = "StartTimeErrorS"
    """`StartTimeExact` is so many seconds from UTC at most, either way; absent when nobody
    knows."""
    CLOCK_CORRECTION_S = "ClockCorrectionS"
    """With `Corrected`: seconds to add to the times of the clip, `+3600.000`."""
    CLOCK_CORRECTION_ERROR_S = "ClockCorrectionErrorS"
    """With `Corrected`: the corrected start is so many seconds from UTC at most."""
    DRIFT_PPM = "DriftPpm"
    """How fast the microphone's clock ran against the camera's, in parts per million, `-198.7`;
    corrected in the clip. Absent when it could not be measured."""
    PRE_RECORD_SHORT_CAUSE = "PreRecordShortCause"
    """The same for machines, one of `ShortCause`."""
    PRE_RECORD_SOUND = "PreRecordSound"
    """One of `SoundKept`: whether the pre-record has sound, or silence up to the trigger."""
    PRE_RECORD_FRAMES_EXPECTED = "PreRecordFramesExpected"
    """Frames that the camera's rate makes due from the first picture to the trigger."""
    PRE_RECORD_FRAMES_CAPTURED = "PreRecordFramesCaptured"
    PRE_RECORD_FRAMES_DROPPED = "PreRecordFramesDropped"
    PRE_RECORD_FRAMES_SKIPPED = "PreRecordFramesSkipped"
    """Of those, frames of the camera that are there, that are lost, that were left out."""
    PRE_RECORD_COUNTED_UP_TO_S = "PreRecordCountedUpToS"
    """Up to where they are counted, in seconds from the trigger; below 0 in a clip that was cut
    off in the moment of its trigger."""
    PRE_RECORD_CAMERA_LOST_S = "PreRecordCameraLostS"
    """Seconds before the trigger in which a slate stands for the camera."""
    PRE_RECORD_GAP_COUNT = "PreRecordGapCount"
    PRE_RECORD_GAPS = "PreRecordGaps"
    """As `GapCount` and `Gaps`, of the pre-record alone, counted from the trigger."""
    FRAMES_EXPECTED = "FramesExpected"
    """Frames that the camera's rate makes due in the clip."""
    FRAMES_CAPTURED = "FramesCaptured"
    """Those of `Frames` that came from the camera; the others are slates."""
    CAMERA_LOST_S = "CameraLostS"
    """Seconds of the clip in which a slate stands for the camera."""
    SOUND_LOST_S = "SoundLostS"
    """Seconds of the clip that should have sound and have none; absent without a microphone."""
    GAP_COUNT = "GapCount"
    """How many stretches without a picture of the camera there are."""
    GAPS = "Gaps"
    """The first of them, joined by `~`: seconds from the clip's start, seconds long, frames
    missing, as in `12.345_0.400_11`. Where it holds fewer than `GapCount`, all of them are in
    the clip's document (`names.account_object`)."""
    INTEGRITY_PROBLEM = "IntegrityProblem"
    """Why these bytes are not the ones that the camera recorded; absent when they are."""
    RECORDED_SHA256 = "RecordedSha256"
    """With `IntegrityProblem`: the SHA-256 that was taken while recording; `Sha256` is that of
    the bytes that were sent."""


class SoundKept(StrEnum):
    """Values of `ObjectKey.PRE_RECORD_SOUND`."""

    KEPT = "Kept"
    NOT_KEPT = "NotKept"


class Status(StrEnum):
    """Values of `ContainerKey.STATUS`."""

    TRANSFERRING = "Transferring"
    COMPLETE = "Complete"


DEFAULT_LIMIT_BYTES = 32
"""The API's limit for a value that is neither a name nor a location."""

LIMIT_BYTES: dict[str, int] = {
    ContainerKey.CONTAINER_NAME: 255,
    ContainerKey.REJECTED_ORIGINAL_CONTAINER: 255,
    ContainerKey.REJECTED_REASON: 255,
    ContainerKey.FIRMWARE_VERSION: 64,
    ContainerKey.BWC_MODEL: 64,
    ContainerKey.TRIGGER_ON_LOCATION: 64,
    ContainerKey.TRIGGER_OFF_LOCATION: 64,
    ContainerKey.TIME_ZONE: 64,
    ContainerKey.USER_ID: 100,
    ContainerKey.MISSING_CLIPS: 255,
    ContainerKey.CLOCK_STEPS: 255,
    ObjectKey.LOCATION: 64,
    ObjectKey.CATEGORY_ID: 64,
    ObjectKey.CATEGORY_NAME: 64,
    ObjectKey.TAGS: 255,
    ObjectKey.CONNECTION_ID: 100,
    ObjectKey.SYSTEM_NAME: 100,
    ObjectKey.NAME: 100,
    ObjectKey.MODEL: 64,
    ObjectKey.SHA256: 64,
    ObjectKey.PRE_RECORD_SHORT_REASON: 255,
    ObjectKey.OVERLOAD: 255,
    ObjectKey.GAPS: 255,
    ObjectKey.PRE_RECORD_GAPS: 255,
    ObjectKey.PICTURE_STREAM: 255,
    ObjectKey.INTEGRITY_PROBLEM: 255,
    ObjectKey.RECORDED_SHA256: 64,
}
"""Bytes of the decoded value. A user id is a UUID of 36 characters, so the API's general 32
can't be meant for it; 100 is its limit on a user object."""

_CANONICAL = {key.lower(): key.value for keys in (ContainerKey, ObjectKey) for key in keys}


def canonical(key: str) -> str:
    """The spelling of `key` in the tables above; an unknown key comes back in lower case."""
    return _CANONICAL.get(key.lower(), key.lower())


def limit_bytes(key: str) -> int:
    """How many bytes the decoded value of `key` may have."""
    return LIMIT_BYTES.get(canonical(key), DEFAULT_LIMIT_BYTES)
