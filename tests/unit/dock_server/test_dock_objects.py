"""Objects: the durable PUT and what it refuses, reading, metadata."""

import base64
import errno
import gzip
import hashlib
import json
import os
import threading
from pathlib import Path

import pytest

from bwv_device.protocol.digest import repr_digest
from dock_server.reconcile import reconcile
from dock_server.settings import Limits
from tests.destination.in_process import InProcess
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER, Wire

BODY = os.urandom(300_001)
SHA = hashlib.sha256(BODY).hexdigest()
MD5 = hashlib.md5(BODY).hexdigest()


@pytest.fixture
def ready(dock: InProcess) -> InProcess:
    """With an open recording."""
    dock.wire.open_recording()
    return dock


def stored_nothing(dock: InProcess, name: str = CLIP) -> bool:
    """No object, no file under its name, nothing left of the body."""
    absent = dock.wire.head(CONTAINER, name).status == 404
    return absent and f"{CONTAINER}/{name}" not in dock.content() and not dock.incoming()


def test_a_clip_is_answered_with_the_digests_of_what_is_on_the_disk(ready: InProcess) -> None:
    answer = ready.wire.put(CONTAINER, CLIP, BODY, Sha256=SHA, Frames="30")
    assert answer.status == 201
    assert answer.headers["etag"] == MD5
    assert answer.headers["repr-digest"] == repr_digest(SHA)
    file = ready.services.folders.content / CONTAINER / CLIP
    assert file.read_bytes() == BODY and file.stat().st_mode & 0o777 == 0o400
    assert not ready.incoming()


@pytest.mark.parametrize("body", [gzip.compress(b"clip" * 1000, mtime=0), b"not packed at all"])
def test_a_body_that_calls_itself_packed_is_stored_as_it_came(
    ready: InProcess, body: bytes
) -> None:
    stored = ready.wire.put(CONTAINER, CLIP, body, headers={"Content-Encoding": "gzip"})
    assert stored.status == 201
    assert ready.wire.get(CONTAINER, CLIP).body == body


def test_a_body_in_chunks_without_length_is_stored(ready: InProcess) -> None:
    head = f"PUT {ready.wire.path(CONTAINER, CLIP)} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: "
    head += f"{ready.wire.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = ready.wire.raw(head.encode() + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 201")
    assert ready.wire.get(CONTAINER, CLIP).body == b"abcde"


@pytest.mark.parametrize("sent", [0, 10, 200_000])
def test_a_truncated_body_leaves_no_object(ready: InProcess, sent: int) -> None:
    wire = ready.wire
    wire.raw(wire.raw_put(CONTAINER, CLIP, len(BODY), BODY[:sent]), close=True)
    ready.wait_for_line(status=499)
    assert stored_nothing(ready)
    assert wire.put(CONTAINER, CLIP, BODY).status == 201


def test_a_truncated_chunked_body_leaves_no_object(ready: InProcess) -> None:
    wire = ready.wire
    head = f"PUT {wire.path(CONTAINER, CLIP)} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: "
    head += f"{wire.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    wire.raw(head.encode() + b"5\r\nabcde\r\nff\r\nabc", close=True)
    ready.wait_for_line(status=499)
    assert stored_nothing(ready)


def test_bytes_beyond_the_length_are_no_part_of_the_object(ready: InProcess) -> None:
    wire = ready.wire
    answer = wire.raw(wire.raw_put(CONTAINER, CLIP, 5, b"abcdeFGHIJ\r\n\r\n"))
    assert answer.split()[1] in (b"201", b"400")
    stored = wire.get(CONTAINER, CLIP)
    assert stored.status == 404 or stored.body == b"abcde"
    assert (stored.status == 200) or answer.split()[1] == b"400"


def test_a_body_that_pauses_too_long_gets_408_and_leaves_nothing(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from dock_server.settings import Limits

    dock = InProcess(tmp_path, Limits(idle_s=0.05))
    try:
        dock.wire.open_recording()
        answer = dock.wire.raw(dock.wire.raw_put(CONTAINER, CLIP, 100, b"abc"))
        assert answer.startswith(b"HTTP/1.1 408")
        assert stored_nothing(dock)
    finally:
        dock.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": hashlib.md5(b"other").hexdigest()},
        {"Repr-Digest": repr_digest(hashlib.sha256(b"other").hexdigest())},
        {"X-Object-Meta-Sha256": hashlib.sha256(b"other").hexdigest()},
        {"X-Object-Meta-Sha256": SHA, "Repr-Digest": repr_digest("0" * 64)},
    ],
)
def test_a_body_with_another_digest_gets_422_and_leaves_nothing(
    ready: InProcess, headers: dict[str, str]
) -> None:
    assert ready.wire.put(CONTAINER, CLIP, BODY, headers=headers).status == 422
    assert stored_nothing(ready)


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": "not-an-md5"},
        {"Repr-Digest": "sha-256=:AAAA:"},
        {"Repr-Digest": "garbage"},
        {"X-Object-Meta-Sha256": "abc"},
        {"X-Object-Meta-Name": "a%00b"},
        {"X-Object-Meta-Name": "%ff"},
        {"X-Object-Meta-a_b": "1"},
        {"Content-Type": "x" * 200},
    ],
)
def test_a_header_that_can_not_be_read_gets_400_and_leaves_nothing(
    ready: InProcess, headers: dict[str, str]
) -> None:
    assert ready.wire.put(CONTAINER, CLIP, BODY, headers=headers).status == 400
    assert stored_nothing(ready)


def test_the_right_digests_in_every_form_are_taken(ready: InProcess) -> None:
    raw = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    headers = {"ETag": f'"{MD5}"', "Repr-Digest": f"sha-512=:AAAA:, sha-256=:{raw}:"}
    assert ready.wire.put(CONTAINER, CLIP, BODY, headers=headers, Sha256=SHA.upper()).status == 201


def test_a_disk_without_room_gets_507_before_the_body_is_taken(ready: InProcess) -> None:
    ready.hands.free_bytes = ready.services.settings.limits.reserve_bytes + len(BODY) - 1
    assert ready.wire.put(CONTAINER, CLIP, BODY).status == 507
    assert stored_nothing(ready)
    ready.hands.free_bytes += 1
    assert ready.wire.put(CONTAINER, CLIP, BODY).status == 201


def test_a_repeat_needs_no_room(ready: InProcess) -> None:
    ready.wire.put(CONTAINER, CLIP, BODY)
    ready.hands.free_bytes = 0
    assert ready.wire.put(CONTAINER, CLIP, BODY).status == 201


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_half_way_gets_507_and_leaves_nothing(
    ready: InProcess, number: int
) -> None:
    written: list[int] = []

    def write_part(handle: int, data: bytes) -> None:
        written.append(os.write(handle, data[:1000]))
        raise OSError(number, "full")

    before, ready.hands.write = ready.hands.write, write_part
    assert ready.wire.put(CONTAINER, CLIP, BODY).status == 507
    assert written == [1000] and stored_nothing(ready)
    ready.hands.write = before
    assert ready.wire.put(CONTAINER, CLIP, BODY).status == 201


def test_a_disk_that_fails_otherwise_gets_500_and_leaves_nothing(ready: InProcess) -> None:
    def fail(_handle: int, _data: bytes) -> None:
        raise OSError(errno.EIO, "broken")

    ready.hands.write = fail
    assert ready.wire.put(CONTAINER, CLIP, BODY).status == 500
    assert stored_nothing(ready)


def test_a_disk_that_gives_back_other_bytes_is_not_believed(ready: InProcess) -> None:
    def damage(handle: int, data: bytes) -> None:
        os.write(handle, data[:-1] + bytes([data[-1] ^ 1]))

    ready.hands.write = damage
    answer = ready.wire.put(CONTAINER, CLIP, BODY)
    assert answer.status == 500 and "disk" in answer.text
    assert stored_nothing(ready)


def test_an_identical_repeat_is_answered_alike_without_rewriting(ready: InProcess) -> None:
    first = ready.wire.put(CONTAINER, CLIP, BODY, Frames="30")
    file = ready.services.folders.content / CONTAINER / CLIP
    before = file.stat()
    again = ready.wire.put(CONTAINER, CLIP, BODY, Frames="30")
    assert again.status == 201
    for name in ("etag", "repr-digest"):
        assert again.headers[name] == first.headers[name]
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_other_content_under_a_stored_name_gets_409_and_changes_nothing(ready: InProcess) -> None:
    ready.wire.put(CONTAINER, CLIP, BODY)
    assert ready.wire.put(CONTAINER, CLIP, BODY[:-1]).status == 409
    assert ready.wire.put(CONTAINER, CLIP, b"", Sha256=hashlib.sha256().hexdigest()).status == 409
    assert ready.wire.get(CONTAINER, CLIP).body == BODY


def test_a_repeat_is_not_believed_when_the_stored_file_is_gone(ready: InProcess) -> None:
    ready.wire.put(CONTAINER, CLIP, BODY)
    file = ready.services.folders.content / CONTAINER / CLIP
    file.unlink()
    assert ready.wire.head(CONTAINER, CLIP).status == 404
    assert ready.wire.put(CONTAINER, CLIP, BODY).status == 201
    assert file.read_bytes() == BODY


def test_a_damaged_file_is_set_aside_and_replaced_by_the_repeat(ready: InProcess) -> None:
    ready.wire.put(CONTAINER, CLIP, BODY)
    file = ready.services.folders.content / CONTAINER / CLIP
    file.chmod(0o600)
    file.write_bytes(b"rotten".ljust(len(BODY), b"\0"))
    assert ready.wire.put(CONTAINER, CLIP, BODY).status == 201
    assert file.read_bytes() == BODY
    aside = ready.services.folders.set_aside / CONTAINER / f"{CLIP}.1"
    assert aside.read_bytes().startswith(b"rotten")


def test_damage_that_was_seen_is_never_called_intact_again(ready: InProcess) -> None:
    ready.wire.put(CONTAINER, CLIP, BODY)
    file = ready.services.folders.content / CONTAINER / CLIP
    file.chmod(0o600)
    file.write_bytes(b"rotten".ljust(len(BODY), b"\0"))
    ready.wire.raw(ready.wire.raw_put(CONTAINER, CLIP, len(BODY), BODY[:9]), close=True)
    ready.wait_for_line(method="PUT", status=499)
    # A camera that asks now would take the digest for proof, and free its copy.
    assert ready.wire.head(CONTAINER, CLIP).status == 404
    assert "has changed on the disk" in ready.wire.ask("GET", f"/recordings/{CONTAINER}").text
    reconcile(ready.services.catalogue, ready.services.folders)
    assert ready.wire.head(CONTAINER, CLIP).status == 404
    file.write_bytes(BODY)
    assert reconcile(ready.services.catalogue, ready.services.folders).missing == ()
    assert ready.wire.get(CONTAINER, CLIP).body == BODY


def test_after_complete_only_repeats_are_taken(ready: InProcess) -> None:
    wire = ready.wire
    wire.put(CONTAINER, CLIP, BODY, Frames="30")
    wire.post(CONTAINER, Status="Complete", ClipCount="1")
    assert wire.put(CONTAINER, CLIP, BODY, Frames="30").status == 201
    assert wire.put(CONTAINER, CLIP, BODY, Frames="31").status == 409
    assert wire.put(CONTAINER, CLIP, BODY + b"!").status == 409
    assert wire.put(CONTAINER, "bookmark_20231114T221330Z_1", b"late").status == 409
    assert wire.post(CONTAINER, CLIP, Frames="31").status == 409
    assert wire.post(CONTAINER, CLIP, Frames="30").status == 202
    assert wire.head(CONTAINER, CLIP).headers["x-object-meta-frames"] == "30"


def test_a_recording_completed_while_a_clip_comes_in_does_not_take_it(ready: InProcess) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def wait(handle: int, data: bytes) -> None:
        reached.set()
        go_on.wait(10)
        os.write(handle, data)

    ready.hands.write = wait
    statuses: list[int] = []
    upload = threading.Thread(
        target=lambda: statuses.append(ready.wire.put(CONTAINER, CLIP, b"late").status)
    )
    upload.start()
    assert reached.wait(10)
    assert ready.wire.post(CONTAINER, Status="Complete").status == 204
    go_on.set()
    upload.join(10)
    assert statuses == [409] and stored_nothing(ready)


def test_a_second_upload_of_the_same_object_gets_503(ready: InProcess) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def wait(handle: int, data: bytes) -> None:
        reached.set()
        go_on.wait(10)
        os.write(handle, data)

    ready.hands.write = wait
    upload = threading.Thread(target=lambda: ready.wire.put(CONTAINER, CLIP, b"one"))
    upload.start()
    assert reached.wait(10)
    answer = ready.wire.put(CONTAINER, CLIP, b"two")
    assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
    go_on.set()
    upload.join(10)
    assert ready.wire.get(CONTAINER, CLIP).body == b"one"


def test_more_uploads_than_allowed_get_503(tmp_path: Path) -> None:
    dock = InProcess(tmp_path, Limits(uploads_max=1, line_wait_s=0.0))
    dock.wire.open_recording()
    reached, go_on = threading.Event(), threading.Event()

    def wait(handle: int, data: bytes) -> None:
        reached.set()
        go_on.wait(10)
        os.write(handle, data)

    dock.hands.write = wait
    upload = threading.Thread(target=lambda: dock.wire.put(CONTAINER, "a.mp4", BODY))
    upload.start()
    assert reached.wait(10)
    assert dock.wire.put(CONTAINER, CLIP, BODY).status == 503
    go_on.set()
    upload.join(10)
    assert dock.wire.put(CONTAINER, CLIP, BODY).status == 201
    dock.close()


def test_a_refusal_reaches_a_client_that_is_still_sending(ready: InProcess) -> None:
    assert ready.wire.put(CONTAINER, CLIP, bytes(40_000_000)).status == 413
    ready.hands.free_bytes = 0
    assert ready.wire.put(CONTAINER, CLIP, bytes(3_900_000)).status == 507
    ready.wire.token = "wrong"
    assert ready.wire.put(CONTAINER, CLIP, bytes(40_000_000)).status == 401


def test_an_object_in_no_container_gets_404(wire: Wire) -> None:
    assert wire.put(CONTAINER, CLIP, BODY).status == 404
    assert wire.get(CONTAINER, CLIP).status == 404
    assert wire.post(CONTAINER, CLIP, Frames="1").status == 404


def test_an_object_over_the_limit_gets_413(ready: InProcess) -> None:
    wire = ready.wire
    answer = wire.raw(wire.raw_put(CONTAINER, CLIP, 4_000_001, b""))
    assert answer.startswith(b"HTTP/1.1 413")
    assert stored_nothing(ready)


def test_a_chunked_object_over_the_limit_gets_413_and_leaves_nothing(ready: InProcess) -> None:
    head = f"PUT {ready.wire.path(CONTAINER, CLIP)} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: "
    head += f"{ready.wire.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"f4240\r\n" + bytes(1_000_000) + b"\r\n"
    answer = ready.wire.raw(head.encode() + chunk * 5 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")
    assert stored_nothing(ready)


def test_a_clip_of_no_length_is_not_taken_for_an_empty_one(ready: InProcess) -> None:
    head = f"PUT {ready.wire.path(CONTAINER, CLIP)} HTTP/1.1\r\nHost: x\r\n"
    answer = ready.wire.raw(f"{head}X-Auth-Token: {ready.wire.token}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 411")


def test_object_metadata_is_replaced_as_a_whole(ready: InProcess) -> None:
    wire = ready.wire
    wire.put(CONTAINER, CLIP, BODY, Frames="30", EndReason="button")
    assert wire.post(CONTAINER, CLIP, Frames="31").status == 202
    headers = wire.head(CONTAINER, CLIP).headers
    assert headers["x-object-meta-frames"] == "31"
    assert "x-object-meta-endreason" not in headers


def test_the_stated_digest_can_not_be_changed_into_another(ready: InProcess) -> None:
    ready.wire.put(CONTAINER, CLIP, BODY, Sha256=SHA)
    assert ready.wire.post(CONTAINER, CLIP, Sha256="0" * 64).status == 409
    assert ready.wire.post(CONTAINER, CLIP, Sha256=SHA).status == 202


def test_metadata_in_any_script_comes_back_as_it_went(ready: InProcess) -> None:
    name = 'Zoë "O\'Neil" <b> 🎥 مرحبا'
    ready.wire.put("Users", USER, Name=name, Active="False")
    from bwv_device.protocol.metadata import decode

    assert decode(ready.wire.head("Users", USER).headers.items())["Name"] == name


def test_a_user_that_is_not_active_may_still_hand_in_footage(ready: InProcess) -> None:
    ready.wire.put("Users", USER, Name="Sam", Active="False")
    assert ready.wire.put(f"{USER}_{SERIAL}_20231115T000000Z").status == 201


@pytest.mark.parametrize("container", ["Users", "Devices"])
def test_a_register_entry_has_no_body_and_can_be_renamed(wire: Wire, container: str) -> None:
    assert wire.put(container, "x1", b"body").status == 400
    assert wire.put(container, "x1", Name="old").status == 201
    assert wire.put(container, "x1", Name="new").status == 201
    assert wire.head(container, "x1").headers["x-object-meta-name"] == "new"


def test_a_system_object_binds_its_connection_id_for_good(wire: Wire) -> None:
    system = "7b1c2f64-8d2c-4ab0-93a5-6c8d5f7e9a10"
    assert wire.head("System", system).status == 404
    assert wire.put("System", system, ConnectionId="c1", SystemName="A").status == 201
    assert wire.put("System", system, ConnectionId="c1", SystemName="B").status == 201
    assert wire.put("System", system, ConnectionId="c2", SystemName="B").status == 409
    assert wire.post("System", system, SystemName="B").status == 409
    assert wire.head("System", system).headers["x-object-meta-connectionid"] == "c1"
    assert wire.put("System", "not-a-uuid").status == 400


@pytest.mark.parametrize("name", ["Capabilities.json", "Categories.json"])
def test_the_servers_own_documents_carry_their_md5_and_can_not_be_written(
    wire: Wire, name: str
) -> None:
    answer = wire.get("System", name)
    assert answer.status == 200 and json.loads(answer.body)
    assert answer.headers["etag"] == hashlib.md5(answer.body).hexdigest()
    head = wire.head("System", name)
    assert head.headers["etag"] == answer.headers["etag"] and head.body == b""
    assert head.headers["content-length"] == str(len(answer.body))
    assert wire.put("System", name, b"{}").status == 403
    assert wire.post("System", name, Name="x").status == 403


@pytest.mark.parametrize(
    ("method", "status"), [("DELETE", 403), ("COPY", 405), ("PATCH", 405), ("OPTIONS", 405)]
)
def test_methods_that_no_camera_needs_are_refused(
    ready: InProcess, method: str, status: int
) -> None:
    ready.wire.put(CONTAINER, CLIP, BODY)
    paths = [ready.wire.path(CONTAINER, CLIP), ready.wire.path(CONTAINER), "/v1/bwv"]
    # Of an object, OPTIONS says that uploads to it may be resumed.
    for path in paths[1:] if method == "OPTIONS" else paths:
        assert ready.wire.ask(method, path).status == status
    assert ready.wire.get(CONTAINER, CLIP).body == BODY
