"""Names that go on the wire and onto a disk."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.protocol import names
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import ContainerKind, ContainerType, ObjectKind

TRIGGER_NS = 1_700_000_000_000_000_000
USER = "0b9f4f0e-6f0a-4e6f-9a51-3f1f1a2f7c11"

HOSTILE = [
    "",
    ".",
    "..",
    "...",
    ".hidden",
    "../etc/passwd",
    "a/b",
    "a\\b",
    "a\0b",
    "a\nb",
    "a\x7fb",
    "a b",
    'quo"te',
    "quo'te",
    "<script>",
    "100%",
    "a:b",
    "x" * 256,
    "x" * 10_000,
    "\U0001f3a5",
    "é",
    "\u202egnp.exe",
    "\ud800",
    "١٢٣",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_refused_and_the_rule_is_named(name: str) -> None:
    with pytest.raises(ProtocolError, match=r"the object name (is empty|has|starts|may hold)"):
        names.check_name(name, "object name")


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_user_or_serial_builds_no_name(name: str) -> None:
    with pytest.raises(ProtocolError):
        names.recording_container(name, "BWV-1", TRIGGER_NS)
    with pytest.raises(ProtocolError):
        names.recording_container(USER, name, TRIGGER_NS)
    with pytest.raises(ProtocolError):
        names.clip_object(TRIGGER_NS, name, ContainerType.MP4)


def test_a_message_about_a_long_name_is_short() -> None:
    with pytest.raises(ProtocolError) as caught:
        names.check_name("é" * 10_000)
    assert len(str(caught.value)) < 600


@given(st.text())
def test_whatever_passes_is_one_plain_path_component(text: str) -> None:
    try:
        names.check_name(text)
    except ProtocolError:
        return
    assert text.isascii() and "/" not in text and text not in (".", "..") and len(text) <= 255


identifiers = st.from_regex(r"[A-Za-z0-9-]{1,32}", fullmatch=True)
instants = st.integers(min_value=0, max_value=4_000_000_000).map(lambda s: s * 1_000_000_000)


@given(user=identifiers, serial=identifiers, trigger_ns=instants)
def test_a_recording_name_reads_back(user: str, serial: str, trigger_ns: int) -> None:
    parts = names.parse_recording_container(names.recording_container(user, serial, trigger_ns))
    assert (parts.user_id, parts.serial, parts.trigger_on_ns) == (user, serial, trigger_ns)


@given(recording_id=identifiers, start_ns=instants)
def test_a_clip_name_reads_back(recording_id: str, start_ns: int) -> None:
    for container_type in ContainerType:
        text = names.clip_object(start_ns, recording_id, container_type)
        parts = names.parse_clip_object(text)
        assert (parts.recording_id, parts.start_ns) == (recording_id, start_ns)
        assert parts.container_type is container_type
        assert names.object_kind(text) is ObjectKind.CLIP


def test_both_forms_of_time_are_read_in_both_kinds_of_name() -> None:
    new, old = "20231114T221320Z", "20231114_221320"
    assert names.parse_recording_container(f"{USER}_S1_{old}").trigger_on_ns == TRIGGER_NS
    assert names.parse_recording_container(f"{USER}_S1_{new}").trigger_on_ns == TRIGGER_NS
    assert names.parse_clip_object(f"{new}_7CF7.mkv").start_ns == TRIGGER_NS
    assert names.parse_clip_object(f"{old}_7CF7.mp4").start_ns == TRIGGER_NS


@pytest.mark.parametrize("time", ["20231314T221320Z", "20230230_000000", "20231114T256060Z"])
def test_a_time_that_no_calendar_has_is_refused(time: str) -> None:
    with pytest.raises(ProtocolError, match="calendar"):
        names.parse_recording_container(f"{USER}_S1_{time}")


def test_kinds_of_containers() -> None:
    rejected = names.rejected_container(TRIGGER_NS, uuid.uuid4())
    unknown = names.rejected_container(None, uuid.uuid4())
    assert unknown.startswith("RejectedContent_UnknownTime_")
    kinds = {
        "System": ContainerKind.SYSTEM,
        "Users": ContainerKind.USERS,
        "Devices": ContainerKind.DEVICES,
        names.recording_container(USER, "S1", TRIGGER_NS): ContainerKind.RECORDING,
        rejected: ContainerKind.REJECTED,
        unknown: ContainerKind.REJECTED,
    }
    assert {name: names.container_kind(name) for name in kinds} == kinds


@pytest.mark.parametrize("name", ["system", "backup", "RejectedContent_", "a_b", "a_b_c"])
def test_a_container_of_no_kind_is_refused(name: str) -> None:
    with pytest.raises(ProtocolError):
        names.container_kind(name)


def test_kinds_of_objects() -> None:
    kinds = {
        names.key_object(TRIGGER_NS, "7CF7"): ObjectKind.KEY,
        names.bookmark_object(TRIGGER_NS, "1"): ObjectKind.BOOKMARK,
        names.track_object(TRIGGER_NS, "7CF7", "BWV-1"): ObjectKind.TRACK,
        "notes.txt": ObjectKind.OTHER,
    }
    assert {name: names.object_kind(name) for name in kinds} == kinds


def test_the_longest_recording_name_fits_on_disk() -> None:
    name = names.recording_container("u" * 64, "s" * 32, TRIGGER_NS)
    assert len(name) <= names.NAME_MAX_BYTES
