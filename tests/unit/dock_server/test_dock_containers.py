"""Containers: creating, metadata, completeness, listings."""

import hashlib
import json

import pytest

from tests.destination.in_process import InProcess
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER, Wire


def test_a_recording_of_a_known_user_and_device_is_created_once(wire: Wire) -> None:
    wire.register()
    assert wire.put(CONTAINER, Status="Transferring").status == 201
    assert wire.put(CONTAINER, Status="Transferring").status == 202


def test_a_recording_of_an_unknown_user_or_device_gets_400(wire: Wire) -> None:
    assert wire.put(CONTAINER).status == 400
    wire.put("Users", USER, Name="Sam")
    answer = wire.put(CONTAINER)
    assert answer.status == 400 and "device" in answer.text
    wire.put("Devices", SERIAL, Name="Camera")
    assert wire.put(CONTAINER).status == 201


def test_rejected_content_of_nobody_known_is_taken(wire: Wire) -> None:
    name = "RejectedContent_UnknownTime_0b9f4f0e-6f0a-4e6f-9a51-3f1f1a2f7c11"
    assert wire.put(name, RejectedContentReason="unknown user").status == 201
    assert wire.put(name, CLIP, b"clip").status == 201


def test_metadata_is_merged_and_an_empty_value_deletes_its_key(wire: Wire) -> None:
    wire.open_recording(TriggerOn="Button", BWCModel="M1")
    assert wire.post(CONTAINER, TriggerOff="Button", BWCModel="").status == 204
    headers = wire.head(CONTAINER).headers
    assert headers["x-container-meta-triggeron"] == "Button"
    assert headers["x-container-meta-triggeroff"] == "Button"
    assert "x-container-meta-bwcmodel" not in headers


def test_a_post_to_no_container_gets_404(wire: Wire) -> None:
    assert wire.post(CONTAINER, Status="Complete").status == 404
    assert wire.head(CONTAINER).status == 404
    assert wire.get(CONTAINER).status == 404


def test_complete_is_refused_until_every_clip_is_here(wire: Wire) -> None:
    wire.open_recording()
    wire.put(CONTAINER, CLIP, b"one")
    answer = wire.post(CONTAINER, Status="Complete", ClipCount="2")
    assert answer.status == 409 and "1 of 2 clips" in answer.text
    assert wire.head(CONTAINER).headers["x-container-meta-status"] == "Transferring"
    wire.put(CONTAINER, "20231114_221330_7CF7.mp4", b"two")
    wire.put(CONTAINER, "bookmark_20231114T221330Z_1", b"no clip")
    assert wire.post(CONTAINER, Status="Complete", ClipCount="2").status == 204
    assert wire.head(CONTAINER).headers["x-container-meta-status"] == "Complete"


def test_complete_with_a_clip_count_that_is_no_number_gets_400(wire: Wire) -> None:
    wire.open_recording()
    for count in ("many", "-1", "٢", "1.0"):
        assert wire.post(CONTAINER, Status="Complete", ClipCount=count).status == 400
    assert wire.post(CONTAINER, Status="Complete", ClipCount="0").status == 204


def test_complete_is_refused_when_a_clip_has_gone_from_the_disk(dock: InProcess) -> None:
    wire = dock.wire
    wire.open_recording()
    wire.put(CONTAINER, CLIP, b"one")
    (dock.services.folders.content / CONTAINER / CLIP).unlink()
    assert wire.post(CONTAINER, Status="Complete", ClipCount="1").status == 409
    assert wire.put(CONTAINER, CLIP, b"one").status == 201
    assert wire.post(CONTAINER, Status="Complete", ClipCount="1").status == 204


def test_after_complete_repeats_are_taken_and_changes_refused(wire: Wire) -> None:
    wire.open_recording(TriggerOn="Button")
    assert wire.post(CONTAINER, Status="Complete", StopTime="1700000100").status == 204
    assert wire.post(CONTAINER, Status="Complete", StopTime="1700000100").status == 204
    assert wire.put(CONTAINER, Status="Transferring", TriggerOn="Button").status == 202
    assert wire.head(CONTAINER).headers["x-container-meta-status"] == "Complete"
    assert wire.post(CONTAINER, Status="Transferring").status == 409
    assert wire.post(CONTAINER, StopTime="1700000101").status == 409
    assert wire.post(CONTAINER, StopTime="").status == 409
    assert wire.put(CONTAINER, Status="Transferring", TriggerOn="Fall").status == 409


@pytest.mark.parametrize("name", ["other", "a_b", f"{USER}_{SERIAL}_yesterday", "system"])
def test_a_container_of_no_kind_gets_400(wire: Wire, name: str) -> None:
    wire.register()
    assert wire.put(name).status == 400


def test_metadata_can_not_grow_without_end(wire: Wire) -> None:
    wire.open_recording()
    for start in (0, 30):
        meta = {f"k{n}": "v" for n in range(start, start + 30)}
        assert wire.post(CONTAINER, **meta).status == 204
    answer = wire.post(CONTAINER, **{f"k{n}": "v" for n in range(60, 90)})
    assert answer.status == 400 and "91 metadata items" in answer.text


def test_containers_are_listed_in_pages_until_an_empty_one(wire: Wire) -> None:
    wire.open_recording()
    names: list[str] = []
    while page := json.loads(_list(wire, marker=names[-1] if names else "")):
        names += [entry["name"] for entry in page]
    assert names == sorted(["System", "Users", "Devices", CONTAINER])
    assert page == []


def test_a_listing_by_prefix_marker_and_end_marker(wire: Wire) -> None:
    assert [e["name"] for e in json.loads(_list(wire, prefix="Us"))] == ["Users"]
    assert json.loads(_list(wire, prefix="us")) == []
    assert json.loads(_list(wire, prefix="%25")) == []
    assert [e["name"] for e in json.loads(_list(wire, marker="D", end_marker="S"))] == ["Devices"]


def test_objects_are_listed_with_size_hash_and_type(wire: Wire) -> None:
    wire.open_recording()
    wire.put(CONTAINER, CLIP, b"clip", headers={"Content-Type": "video/mp4"})
    answer = wire.ask("GET", wire.path(CONTAINER) + "?format=json")
    (entry,) = json.loads(answer.body)
    assert entry["name"] == CLIP and entry["bytes"] == 4
    assert entry["hash"] == hashlib.md5(b"clip").hexdigest()
    assert entry["content_type"] == "video/mp4"
    assert answer.headers["x-container-object-count"] == "1"
    assert wire.get(CONTAINER).text == CLIP + "\n"


def test_an_empty_listing_in_plain_text_is_204(wire: Wire) -> None:
    assert wire.get("System").status == 204
    assert json.loads(wire.get("System", headers={"Accept": "application/json"}).body) == []


@pytest.mark.parametrize(
    "query",
    ["limit=-1", "limit=x", "limit=10001", "limit=%D9%A3", "format=xml", "delimiter=_"],
)
def test_a_listing_that_can_not_be_given_gets_400(wire: Wire, query: str) -> None:
    assert wire.ask("GET", f"/v1/bwv?{query}").status == 400


def test_the_account_counts_what_it_holds(wire: Wire) -> None:
    wire.open_recording()
    wire.put(CONTAINER, CLIP, b"clip")
    headers = wire.ask("HEAD", "/v1/bwv").headers
    assert headers["x-account-container-count"] == "4"
    assert headers["x-account-object-count"] == "3"
    assert headers["x-account-bytes-used"] == "4"


def _list(wire: Wire, **query: str) -> bytes:
    text = "&".join(f"{key}={value}" for key, value in query.items())
    return wire.ask("GET", f"/v1/bwv?format=json&limit=2&{text}").body
