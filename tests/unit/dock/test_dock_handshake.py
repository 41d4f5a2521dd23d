"""What camera and destination tell each other first: capabilities, binding, people."""

from dataclasses import replace

import pytest

from bwv_device.dock.events import Connected, NextTry
from bwv_device.evidence.records import ClipState
from bwv_device.protocol.capabilities import (
    ALL_CAPABILITIES,
    NO_CAPABILITIES,
    Capabilities,
    Capability,
)
from bwv_device.protocol.categories import DEFAULT_CATEGORIES, Category
from tests.support import docking_camera as rig_module
from tests.support import stores
from tests.support.docking_camera import Rig
from tests.unit.dock.fake_destination import FakeDestination, Stored, json_bytes

USER_OBJECT = f"Users/{stores.NEW_RECORDING.user_id}"
CATEGORIES = "System/Categories.json"


def capabilities(rig: Rig) -> Capabilities:
    return [one for one in rig.events if isinstance(one, Connected)][-1].capabilities


@pytest.mark.parametrize(
    ("document", "etag"),
    [
        (None, None),
        (b"", None),
        (b"not JSON", None),
        (b"[]", None),
        (b'{"Store": {"StoreBookmarks": "yes"}}', None),
        (ALL_CAPABILITIES.to_json(), "0" * 32),
        (ALL_CAPABILITIES.to_json(), ""),
        (ALL_CAPABILITIES.to_json()[:-5], None),
    ],
)
def test_what_is_not_stated_whole_is_not_supported(
    rig: Rig, fake: FakeDestination, document: bytes | None, etag: str | None
) -> None:
    fake.capabilities, fake.capabilities_etag = document, etag
    clip = rig.record()
    rig.store.journal.add_bookmark(clip.recording_id, clip.start_utc_ns)
    assert rig.push().ok
    assert capabilities(rig) == NO_CAPABILITIES
    assert not [path for path in fake.objects if "bookmark" in path or path.startswith("System/")]


def test_a_capability_once_there_stays(rig: Rig, fake: FakeDestination) -> None:
    rig.push()
    fake.capabilities = None
    clip = rig.record()
    rig.store.journal.add_bookmark(clip.recording_id, clip.start_utc_ns)
    assert rig.push().ok
    assert [path for path in fake.objects if "bookmark" in path]


def test_a_destination_of_full_support_is_not_asked(rig: Rig, fake: FakeDestination) -> None:
    rig.connection = rig.make_connection(full_store_and_read_support=True)
    rig.push()
    assert fake.asked("GET", "System/Capabilities.json") == 0
    assert capabilities(rig) == ALL_CAPABILITIES


def test_containers_that_a_plain_store_lacks_are_made(rig: Rig, fake: FakeDestination) -> None:
    fake.containers.clear()
    rig.record()
    assert rig.push().ok
    assert {"System", "Users", "Devices"} <= set(fake.containers)


def test_the_system_object_is_left_once(rig: Rig, fake: FakeDestination) -> None:
    rig.push()
    rig.push()
    path = f"System/{rig.memory.system_id}"
    assert fake.asked("PUT", path) == 1
    assert fake.objects[path].meta["ConnectionId"] == rig.memory.connection_id


def test_a_destination_that_forgot_this_camera_gets_nothing(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.push()
    fake.objects.clear()
    clip = rig.record()
    summary = rig.push()
    assert "not the destination" in summary.problems[0].text
    assert summary.next_try is NextTry.SLOWLY
    assert fake.objects == {}
    assert rig.clip(clip).state is ClipState.FINALISED


def test_a_destination_with_another_connection_id_gets_nothing(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.push()
    path = f"System/{rig.memory.system_id}"
    fake.objects[path] = replace(
        fake.objects[path], headers={"x-object-meta-connectionid": "another"}
    )
    rig.record()
    assert "another ConnectionId" in rig.push().problems[0].text
    assert rig.states() == [ClipState.FINALISED]


def test_a_destination_replaced_on_purpose_can_be_forgotten(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.push()
    fake.objects.clear()
    rig.memory.forget_destination()
    rig.record()
    assert rig.push().ok


def test_another_address_is_another_destination(rig: Rig, fake: FakeDestination) -> None:
    rig.push()
    fake.objects.clear()
    rig.connection = rig.make_connection(
        authentication_token_uri=[fake.url.replace("127.0.0.1", "localhost") + "/auth/v1.0"]
    )
    assert rig.push().ok


def test_a_passing_error_while_binding_is_not_a_wrong_destination(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.push()
    fake.fail("HEAD", "System/.*", status=503, times=2)
    rig.record()
    assert rig.push().ok


def test_a_rename_reaches_the_destination(
    rig: Rig, fake: FakeDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.push()
    renamed = replace(rig_module.IDENTITY, user_name="Sgt 4711", device_name="Camera 8")
    monkeypatch.setattr(rig_module, "IDENTITY", renamed)
    rig.push()
    assert fake.objects[USER_OBJECT].meta["Name"] == "Sgt 4711"
    assert fake.objects["Devices/BWV-0001"].meta["Name"] == "Camera 8"


def test_everybody_whose_footage_is_here_is_made_known(rig: Rig, fake: FakeDestination) -> None:
    other = replace(stores.NEW_RECORDING, user_id="1b9f", user_name="PC 1")
    recording = rig.store.begin_recording(other)
    clip = rig.store.open_clip(recording, stores.new_clip(recording))
    stores.write_file(rig.store.path(clip), rig_module.CLIP)
    stores.finalise(rig.store, clip)
    rig.store.journal.end_recording(recording.id, "x", recording.trigger_on_utc_ns)
    assert rig.push().ok
    assert fake.objects["Users/1b9f"].meta["Name"] == "PC 1"


def test_a_card_from_another_camera_makes_that_camera_known_too(
    rig: Rig, fake: FakeDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig_module, "IDENTITY", replace(rig_module.IDENTITY, serial="BWV-0002"))
    rig.record()
    assert rig.push().ok
    assert fake.objects["Devices/BWV-0002"].meta["Name"] == "Camera 7"
    assert fake.objects["Devices/BWV-0001"].meta["Name"] == "BWV-0001"
    assert fake.objects["Devices/BWV-0001"].meta["Model"] == stores.NEW_RECORDING.model


def test_a_name_from_a_repaired_journal_replaces_no_real_one(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.objects["Users/1b9f"] = Stored(b"", {"x-object-meta-name": "PC 1"})
    unknown = replace(stores.NEW_RECORDING, user_id="1b9f", user_name="Unknown")
    recording = rig.store.begin_recording(unknown)
    clip = rig.store.open_clip(recording, stores.new_clip(recording))
    stores.write_file(rig.store.path(clip), rig_module.CLIP)
    stores.finalise(rig.store, clip)
    rig.store.journal.end_recording(recording.id, "x", recording.trigger_on_utc_ns)
    assert rig.push().ok
    assert fake.objects["Users/1b9f"].meta["Name"] == "PC 1"


@pytest.mark.parametrize("status", [400, 402])
def test_a_wearer_who_is_refused_holds_no_other_back(
    rig: Rig, fake: FakeDestination, status: int
) -> None:
    clip = rig.record()
    fake.fail("PUT", "Users/.*", status=status, times=float("inf"))
    summary = rig.push()
    assert summary.problems
    assert rig.clip(clip).state is ClipState.PURGED


def test_categories_are_read_once_a_day(rig: Rig, fake: FakeDestination) -> None:
    fake.categories = json_bytes([{"Name": "Burglary \U0001f4a5", "Id": "b"}])
    rig.push()
    rig.push()
    assert fake.asked("GET", CATEGORIES) == 1
    assert rig.memory.categories == (Category("Burglary \U0001f4a5", "b"),)
    rig.clock.advance_s(24 * 3600)
    rig.push()
    assert fake.asked("GET", CATEGORIES) == 2


def test_categories_are_read_again_when_the_clock_was_set_back(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.push()
    rig.clock.step_utc_s(-3600)
    rig.push()
    assert fake.asked("GET", CATEGORIES) == 2


def test_categories_are_read_at_once_with_a_new_connection_file(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.push()
    rig.connection = rig.make_connection(site_name="New name")
    rig.push()
    assert fake.asked("GET", CATEGORIES) == 2


@pytest.mark.parametrize("body", [b"{", b'[{"Name": "x"}]', b'[{"Name": "a\\u0000", "Id": "1"}]'])
def test_a_bad_list_of_categories_holds_no_footage_back(
    rig: Rig, fake: FakeDestination, body: bytes
) -> None:
    fake.categories = body
    rig.record()
    assert rig.push().ok
    assert rig.memory.categories == DEFAULT_CATEGORIES


def test_a_broken_category_list_on_the_server_holds_no_footage_back(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.fail("GET", CATEGORIES, status=500, times=float("inf"))
    rig.record()
    assert rig.push().ok


def test_without_the_capability_categories_are_not_asked_for(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.capabilities = Capabilities(frozenset({Capability.READ_CATEGORIES}))
    rig.push()
    assert fake.asked("GET", CATEGORIES) == 0


HOSTILE = [
    "",
    "a/b/../../etc/passwd",
    "nul\0and\r\nX-Injected: yes",
    "'\"`$(reboot)\\",
    "x" * 10_000,
    "\U0001f46e" * 25,
    "\U0001f46e" * 3000,
    "\ud800 lone",
    "%00%2F+ plus",
    " leading and trailing ",
    "Jos\u00e9 \u5f20\u4f1f",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_neither_keeps_footage_back_nor_breaks_a_request(
    rig: Rig, fake: FakeDestination, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    identity = replace(rig_module.IDENTITY, user_name=name, device_name=name)
    monkeypatch.setattr(rig_module, "IDENTITY", identity)
    clip = rig.record()
    assert rig.push().ok
    assert rig.clip(clip).state is ClipState.PURGED
    stored = fake.objects[USER_OBJECT].meta.get("Name", "")
    assert "\r" not in stored
    assert "x-injected" not in fake.objects[USER_OBJECT].headers
    if name in HOSTILE[1:2] + HOSTILE[3:4] + HOSTILE[8:]:
        assert stored == name


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_in_the_journal_keep_no_footage_back(rig: Rig, name: str) -> None:
    text = name.encode("utf-8", "replace").decode()
    clip = rig.record()
    rig.store.journal._connection.execute(
        "UPDATE recording SET model = :t, firmware_version = :t, trigger_on = :t, time_zone = :t, "
        "trigger_off = :t, user_name = :t",
        {"t": text},
    )
    rig.push()
    assert rig.clip(clip).state is ClipState.PURGED
