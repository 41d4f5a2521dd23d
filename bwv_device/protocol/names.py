"""Names of containers and objects: built in one way only, checked whenever they arrive.

Who uses it: the client builds names, the server checks and reads them. A name that passes
`check_name` is one plain path component on any file system, and needs no quoting in a URL,
in HTML or in a shell: names are ASCII letters, digits, `.`, `_` and `-`. What people type
(names of users, devices and categories) travels in metadata, never in a name.
"""

import re
import uuid
from dataclasses import dataclass
from enum import StrEnum

from bwv_device.protocol.errors import ProtocolError, shown
from bwv_device.protocol.times import (
    COMPACT,
    FILE,
    compact_time,
    file_time,
    parse_name_time,
)

NAME_MAX_BYTES = 255
"""One path component on ext4, XFS, APFS and NTFS; a Swift container allows 256."""

IDENTIFIER_MAX_BYTES = 64
SERIAL_MAX_BYTES = 32
"""The API's limit for the value of `BWCSerialNumber`."""

SYSTEM, USERS, DEVICES = "System", "Users", "Devices"
CAPABILITIES_OBJECT = "Capabilities.json"
CATEGORIES_OBJECT = "Categories.json"
REJECTED_PREFIX = "RejectedContent_"
UNKNOWN_TIME = "UnknownTime"
BOOKMARK_PREFIX = "bookmark_"
TRACK_SUFFIX = "_gpstrail.json"
ACCOUNT_SUFFIX = "_account.json"
MANIFEST_SUFFIX = ".manifest.json"
KEY_SUFFIX = ".key"
RECEIPT_OBJECT = "receipt.json"
"""Ours: where the destination gives a container's signed receipt; nobody may put it."""
LEDGER_PREFIX = "Ledger_"
LEDGER_HEAD_OBJECT = "LedgerHead.json"
"""Ours, in `System`: the head of the destination's own ledger, and what leads to it."""

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", re.ASCII)
_PART = r"[A-Za-z0-9-]+"
_TIME = rf"{COMPACT}|{FILE}"
_IDENTIFIER = re.compile(_PART, re.ASCII)
_RECORDING = re.compile(rf"(?P<user>{_PART})_(?P<serial>{_PART})_(?P<time>{_TIME})", re.ASCII)
_REJECTED = re.compile(
    rf"{REJECTED_PREFIX}(?P<time>{_TIME}|{UNKNOWN_TIME})_(?P<id>[0-9A-Fa-f-]{{32,36}})", re.ASCII
)
_CLIP = re.compile(rf"(?P<time>{_TIME})_(?P<id>{_PART})\.(?P<type>mp4|mkv)", re.ASCII)
_KEY = re.compile(rf"(?P<time>{_TIME})_(?P<id>{_PART}){re.escape(KEY_SUFFIX)}", re.ASCII)
_TRACK = re.compile(
    rf"(?P<time>{_TIME})_(?P<id>{_PART})_(?P<serial>{_PART}){re.escape(TRACK_SUFFIX)}", re.ASCII
)
_ACCOUNT = re.compile(rf"(?P<time>{_TIME})_(?P<id>{_PART}){re.escape(ACCOUNT_SUFFIX)}", re.ASCII)
_MANIFEST = re.compile(rf"(?P<time>{_TIME})_(?P<id>{_PART}){re.escape(MANIFEST_SUFFIX)}", re.ASCII)

_LEDGER = re.compile(rf"{LEDGER_PREFIX}(?P<serial>{_PART})_(?P<id>[0-9a-f]{{16}})", re.ASCII)
_SEGMENT = re.compile(r"ledger_(?P<number>\d{8})\.jsonl", re.ASCII)


class ContainerKind(StrEnum):
    """What a container holds, by its name."""

    SYSTEM = "system"
    USERS = "users"
    DEVICES = "devices"
    RECORDING = "recording"
    REJECTED = "rejected"
    LEDGER = "ledger"
    """Ours: what a camera did, see docs/design/ledger.md."""


class ObjectKind(StrEnum):
    """What an object in a recording is, by its name."""

    CLIP = "clip"
    KEY = "key"
    BOOKMARK = "bookmark"
    TRACK = "track"
    ACCOUNT = "account"
    """Ours: all gaps of a clip, where they are too many for its metadata."""
    MANIFEST = "manifest"
    """Ours: what the camera states of a clip, signed."""
    LEDGER = "ledger"
    """Ours: a segment of a camera's ledger."""
    OTHER = "other"
    """Kept like the rest: a later version of the API may bring new kinds."""


class ContainerType(StrEnum):
    """The file format of clips, and the ending of their names."""

    MP4 = "mp4"
    MKV = "mkv"


@dataclass(frozen=True, slots=True)
class RecordingName:
    """The parts of a recording container's name."""

    user_id: str
    serial: str
    trigger_on_ns: int
    """UTC, whole seconds."""

    def __str__(self) -> str:
        return recording_container(self.user_id, self.serial, self.trigger_on_ns)


@dataclass(frozen=True, slots=True)
class LedgerName:
    """The parts of the name of a ledger's container."""

    serial: str
    ledger_id: str

    def __str__(self) -> str:
        return ledger_container(self.serial, self.ledger_id)


@dataclass(frozen=True, slots=True)
class ClipName:
    """The parts of a clip object's name."""

    start_ns: int
    """UTC, whole seconds."""
    recording_id: str
    container_type: ContainerType

    def __str__(self) -> str:
        return clip_object(self.start_ns, self.recording_id, self.container_type)


def check_name(name: str, what: str = "name") -> str:
    """Return `name` if it may be a container or object; raises `ProtocolError` naming the rule."""
    size = len(name.encode("utf-8", "surrogatepass"))
    if not name:
        raise ProtocolError(f"the {what} is empty")
    if size > NAME_MAX_BYTES:
        raise ProtocolError(
            f"the {what} has {size} bytes, at most {NAME_MAX_BYTES} are allowed: {shown(name)}"
        )
    if name.startswith("."):
        raise ProtocolError(f"the {what} starts with a full stop: {shown(name)}")
    if _NAME.fullmatch(name) is None:
        raise ProtocolError(
            f"the {what} may hold only ASCII letters, digits, '.', '_' and '-': {shown(name)}"
        )
    return name


def check_identifier(
    value: str, what: str = "identifier", max_bytes: int = IDENTIFIER_MAX_BYTES
) -> str:
    """Return `value` if it may be part of a name: ASCII letters, digits and `-`.

    Underscores separate the parts of a name, so no part has one. Raises `ProtocolError`.
    """
    if not value:
        raise ProtocolError(f"the {what} is empty")
    if _IDENTIFIER.fullmatch(value) is None:
        raise ProtocolError(
            f"the {what} may hold only ASCII letters, digits and '-': {shown(value)}"
        )
    if len(value) > max_bytes:
        raise ProtocolError(
            f"the {what} has {len(value)} characters, at most {max_bytes} are allowed"
        )
    return value


def check_serial(value: str) -> str:
    """Return `value` if it may be a camera's serial number; raises `ProtocolError`."""
    return check_identifier(value, "serial number", SERIAL_MAX_BYTES)


def check_user_id(value: str) -> str:
    """Return `value` if it may be a user's id (the API uses a UUID); raises `ProtocolError`."""
    return check_identifier(value, "user id")


def recording_container(user_id: str, serial: str, trigger_on_ns: int) -> str:
    """`<UserID>_<BWCSerialNumber>_<TriggerOnTime>`; raises `ProtocolError`."""
    return f"{check_user_id(user_id)}_{check_serial(serial)}_{compact_time(trigger_on_ns)}"


def rejected_container(rejected_ns: int | None, unique: uuid.UUID) -> str:
    """`RejectedContent_<time>_<UUID>`; None when the time is not known."""
    when = UNKNOWN_TIME if rejected_ns is None else compact_time(rejected_ns)
    return f"{REJECTED_PREFIX}{when}_{unique}"


def clip_object(start_ns: int, recording_id: str, container_type: ContainerType) -> str:
    """`<YYYYMMDD_HHMMSS>_<RecordingID>.mp4`; the id is random and no identity."""
    part = check_identifier(recording_id, "recording id", SERIAL_MAX_BYTES)
    return f"{file_time(start_ns)}_{part}.{container_type.value}"


def key_object(start_ns: int, recording_id: str) -> str:
    """`<YYYYMMDD_HHMMSS>_<RecordingID>.key`, beside the clip that it opens."""
    part = check_identifier(recording_id, "recording id", SERIAL_MAX_BYTES)
    return f"{file_time(start_ns)}_{part}{KEY_SUFFIX}"


def key_object_of(clip_name: str) -> str:
    """The key object of the clip with this name; raises `ProtocolError`."""
    parse_clip_object(clip_name)
    return clip_name.rpartition(".")[0] + KEY_SUFFIX


def bookmark_object(time_ns: int, bookmark_id: str) -> str:
    """`bookmark_<Timestamp>_<ID>`; the API leaves the time's form open, ours is the container's."""
    part = check_identifier(bookmark_id, "bookmark id")
    return f"{BOOKMARK_PREFIX}{compact_time(time_ns)}_{part}"


def track_object(start_ns: int, recording_id: str, serial: str) -> str:
    """`<date>_<time>_<RecordingID>_<serial>_gpstrail.json`."""
    part = check_identifier(recording_id, "recording id", SERIAL_MAX_BYTES)
    return f"{file_time(start_ns)}_{part}_{check_serial(serial)}{TRACK_SUFFIX}"


def account_object(clip_name: str) -> str:
    """`<YYYYMMDD_HHMMSS>_<RecordingID>_account.json`, beside the clip; raises `ProtocolError`."""
    parse_clip_object(clip_name)
    return clip_name.rpartition(".")[0] + ACCOUNT_SUFFIX


def manifest_object(clip_name: str) -> str:
    """`<YYYYMMDD_HHMMSS>_<RecordingID>.manifest.json`, beside the clip, on the camera's card and at
    the destination alike; raises `ProtocolError`."""
    parse_clip_object(clip_name)
    return clip_name.rpartition(".")[0] + MANIFEST_SUFFIX


def ledger_container(serial: str, ledger_id: str) -> str:
    """`Ledger_<serial>_<id of the ledger>`; raises `ProtocolError`."""
    name = f"{LEDGER_PREFIX}{check_serial(serial)}_{ledger_id}"
    parse_ledger_container(name)
    return name


def ledger_object(number: int) -> str:
    """`ledger_<number of the segment>.jsonl`."""
    return f"ledger_{number:08d}.jsonl"


def parse_ledger_object(name: str) -> int:
    """The number of a segment; raises `ProtocolError`."""
    match = _SEGMENT.fullmatch(check_name(name, "object name"))
    if match is None:
        raise ProtocolError(f"{shown(name)} is no segment of a ledger: ledger_<8 digits>.jsonl")
    return int(match["number"])


def parse_ledger_container(name: str) -> LedgerName:
    """The parts of the name of a ledger's container; raises `ProtocolError`."""
    match = _LEDGER.fullmatch(check_name(name, "container name"))
    if match is None:
        raise ProtocolError(f"{shown(name)} is no ledger: Ledger_<BWCSerialNumber>_<16 hex digits>")
    return LedgerName(check_serial(match["serial"]), match["id"])


def container_kind(name: str) -> ContainerKind:
    """The kind of a container; raises `ProtocolError` for a name of no kind."""
    check_name(name, "container name")
    fixed = {
        SYSTEM: ContainerKind.SYSTEM,
        USERS: ContainerKind.USERS,
        DEVICES: ContainerKind.DEVICES,
    }
    if name in fixed:
        return fixed[name]
    if _LEDGER.fullmatch(name):
        parse_ledger_container(name)
        return ContainerKind.LEDGER
    if name.startswith(REJECTED_PREFIX):
        check_rejected_container(name)
        return ContainerKind.REJECTED
    parse_recording_container(name)
    return ContainerKind.RECORDING


def parse_recording_container(name: str) -> RecordingName:
    """The parts of a recording container's name; raises `ProtocolError`."""
    match = _RECORDING.fullmatch(check_name(name, "container name"))
    if match is None:
        raise ProtocolError(
            f"{shown(name)} is not a recording: <UserID>_<BWCSerialNumber>_<YYYYMMDDTHHMMSSZ>"
        )
    return RecordingName(
        check_user_id(match["user"]), check_serial(match["serial"]), parse_name_time(match["time"])
    )


def check_rejected_container(name: str) -> str:
    """Return `name` if it is `RejectedContent_<time>_<UUID>`; raises `ProtocolError`."""
    match = _REJECTED.fullmatch(check_name(name, "container name"))
    if match is None:
        raise ProtocolError(f"{shown(name)} is not RejectedContent_<YYYYMMDDTHHMMSSZ>_<UUID>")
    if match["time"] != UNKNOWN_TIME:
        parse_name_time(match["time"])
    return name


def object_kind(name: str) -> ObjectKind:
    """The kind of an object in a recording; raises `ProtocolError` for an unsafe name."""
    check_name(name, "object name")
    if name.startswith(BOOKMARK_PREFIX):
        return ObjectKind.BOOKMARK
    forms = {
        ObjectKind.TRACK: _TRACK,
        ObjectKind.CLIP: _CLIP,
        ObjectKind.KEY: _KEY,
        ObjectKind.ACCOUNT: _ACCOUNT,
        ObjectKind.MANIFEST: _MANIFEST,
        ObjectKind.LEDGER: _SEGMENT,
    }
    return next((kind for kind, form in forms.items() if form.fullmatch(name)), ObjectKind.OTHER)


def parse_clip_object(name: str) -> ClipName:
    """The parts of a clip object's name, with either form of time; raises `ProtocolError`."""
    match = _CLIP.fullmatch(check_name(name, "object name"))
    if match is None:
        raise ProtocolError(f"{shown(name)} is not a clip: <YYYYMMDD_HHMMSS>_<RecordingID>.mp4")
    return ClipName(parse_name_time(match["time"]), match["id"], ContainerType(match["type"]))
