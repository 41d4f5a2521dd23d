"""Uploads that are resumed: what is said, what is refused, and what the object is in the end."""

import hashlib
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bwv_device.protocol.digest import repr_digest
from bwv_device.protocol.resumable import UPLOAD_INTEROP_VERSION, parse_limits
from dock_server.settings import Limits
from tests.destination.in_process import InProcess
from tests.destination.uploads import Uploading, begin, create
from tests.destination.wire import CLIP, CONTAINER, Wire

BODY = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(BODY).hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()


@pytest.fixture
def wire(dock: InProcess) -> Wire:
    dock.wire.open_recording()
    return dock.wire


def noticed(dock: InProcess) -> threading.Event:
    """Set once the server has written something."""
    written = threading.Event()
    write = dock.hands.write

    def notice(handle: int, data: bytes) -> None:
        write(handle, data)
        written.set()

    dock.hands.write = notice
    return written


def hung_up(connection: socket.socket) -> bool:
    """Whether the server ends the connection without a word; waits for it."""
    try:
        return connection.recv(1000) == b""
    except ConnectionError:
        return True


def uploads(dock: InProcess) -> list[Path]:
    return list(dock.services.folders.uploads.iterdir())


def test_an_object_says_that_uploads_to_it_may_be_resumed(wire: Wire) -> None:
    answer = wire.ask("OPTIONS", wire.path(CONTAINER, CLIP))
    limits = parse_limits(answer.headers["upload-limit"])
    assert answer.status == 204
    assert answer.headers["accept-patch"] == "application/partial-upload"
    assert limits is not None and limits.max_size_bytes == 4_000_000


def test_parts_become_one_object_with_its_metadata(dock: InProcess, wire: Wire) -> None:
    upload = begin(wire, len(BODY), headers={"Repr-Digest": repr_digest(DIGEST)}, Frames="250")
    assert upload.append(0, BODY[:100_000]).status == 204
    assert upload.append(100_000, BODY[100_000:200_000]).headers["upload-offset"] == "200000"
    assert wire.head(CONTAINER, CLIP).status == 404
    assert wire.get(CONTAINER).status == 204
    last = upload.append(200_000, BODY[200_000:], complete=True)
    assert last.status == 201 and last.headers["upload-complete"] == "?1"
    assert last.headers["repr-digest"] == repr_digest(DIGEST)
    stored = wire.get(CONTAINER, CLIP)
    assert stored.body == BODY and stored.headers["x-object-meta-frames"] == "250"
    assert uploads(dock) == []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(0, 3000), max_size=6), torn=st.sets(st.integers(0, 6)))
def test_any_row_of_parts_whole_or_torn_ends_in_the_same_object(
    dock: InProcess, cuts: list[int], torn: set[int]
) -> None:
    wire, body = dock.wire, bytes(range(250)) * 12
    if wire.head(CONTAINER).status == 404:
        wire.open_recording()
    name = f"20231114_221320_{hashlib.sha256(repr((cuts, torn)).encode()).hexdigest()[:12]}.mp4"
    upload = begin(wire, len(body), name=name)
    for number, end in enumerate(sorted(cuts)):
        offset = upload.offset
        if number in torn:
            upload.torn(offset, body[offset:end], len(body) - offset + 1)
        elif offset <= end:
            assert upload.append(offset, body[offset:end]).status == 204
            assert upload.offset == end
        assert upload.offset <= max(end, offset)
    offset = upload.offset
    assert upload.append(offset, body[offset:], complete=True).status == 201
    assert wire.get(CONTAINER, name).body == body


def test_what_came_of_a_torn_part_counts(dock: InProcess, wire: Wire) -> None:
    upload = begin(wire, len(BODY))
    written = noticed(dock)
    with upload.hanging(0, BODY[:150_000], len(BODY)):
        assert written.wait(20)
    assert dock.wait_for_line(method="PATCH")["status"] == 499
    offset = upload.offset
    assert 65_536 <= offset <= 150_000
    assert upload.append(offset, BODY[offset:], complete=True).status == 201
    assert wire.get(CONTAINER, CLIP).body == BODY


def test_a_part_for_another_place_is_told_the_right_one(wire: Wire) -> None:
    upload = begin(wire, len(BODY))
    upload.append(0, BODY[:1000])
    for offset in (0, 999, 1001, len(BODY)):
        answer = upload.append(offset, BODY[:10])
        assert answer.status == 409
        assert answer.headers["upload-offset"] == "1000"
        assert answer.headers["upload-complete"] == "?0"
        assert b"mismatching-upload-offset" in answer.body
    assert upload.append(1000, BODY[1000:], complete=True).status == 201
    assert wire.get(CONTAINER, CLIP).body == BODY


def test_replayed_parts_in_another_order_add_nothing(wire: Wire) -> None:
    upload = begin(wire, 3000)
    parts = [(0, BODY[:1000]), (1000, BODY[1000:2000]), (2000, BODY[2000:3000])]
    assert [upload.append(*parts[n]).status for n in (1, 0, 0, 2, 1, 1)] == [
        409, 204, 409, 409, 204, 409,
    ]  # fmt: skip
    assert upload.append(*parts[2], complete=True).status == 201
    assert wire.get(CONTAINER, CLIP).body == BODY[:3000]


def test_more_than_the_length_ends_the_upload(dock: InProcess, wire: Wire) -> None:
    upload = begin(wire, 1000)
    answer = upload.append(0, BODY[:1001])
    assert answer.status == 400 and b"inconsistent-upload-length" in answer.body
    assert upload.look().status == 404
    assert uploads(dock) == []
    assert wire.head(CONTAINER, CLIP).status == 404


def test_a_length_that_contradicts_is_refused_and_changes_nothing(wire: Wire) -> None:
    upload = begin(wire, 1000)
    assert upload.append(0, BODY[:10], Upload_Length="999").status == 400
    assert upload.append(0, BODY[:10], complete=True).status == 400
    assert upload.append(0, b"", complete=True).status == 400
    assert upload.offset == 0
    assert upload.append(0, BODY[:1000], complete=True).status == 201


def test_completion_before_all_bytes_came_is_refused(wire: Wire) -> None:
    upload = begin(wire, 1000)
    upload.append(0, BODY[:400])
    answer = upload.append(400, BODY[400:500], complete=True)
    assert answer.status == 400 and answer.headers["upload-complete"] == "?0"
    assert wire.head(CONTAINER, CLIP).status == 404
    assert upload.offset == 400


def test_another_body_than_its_digest_says_never_becomes_an_object(
    dock: InProcess, wire: Wire
) -> None:
    upload = begin(wire, len(BODY), headers={"Repr-Digest": repr_digest(OTHER)})
    answer = upload.append(0, BODY, complete=True)
    assert answer.status == 422 and answer.headers["upload-complete"] == "?1"
    assert wire.head(CONTAINER, CLIP).status == 404
    assert upload.look().status == 404
    assert uploads(dock) == []
    assert not any(path.startswith(CONTAINER) for path in dock.content())


def test_a_part_with_a_wrong_digest_of_its_own_is_taken_back(wire: Wire) -> None:
    upload = begin(wire, 3000)
    good, bad = (repr_digest(hashlib.sha256(part).hexdigest()) for part in (BODY[:1000], b"x"))
    assert upload.append(0, BODY[:1000], Content_Digest=good).status == 204
    answer = upload.append(1000, BODY[1000:2000], Content_Digest=bad)
    assert answer.status == 400 and answer.headers["upload-complete"] == "?0"
    assert upload.offset == 1000
    assert upload.append(1000, BODY[1000:3000], complete=True).status == 201
    assert wire.get(CONTAINER, CLIP).body == BODY[:3000]


def test_a_torn_part_with_a_digest_of_its_own_counts_for_nothing(
    dock: InProcess, wire: Wire
) -> None:
    upload = begin(wire, 3000)
    digest = repr_digest(hashlib.sha256(BODY[:3000]).hexdigest())
    head = (
        f"PATCH {upload.path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {wire.token}\r\n"
        "Content-Type: application/partial-upload\r\nUpload-Offset: 0\r\nUpload-Complete: ?1\r\n"
        f"Content-Digest: {digest}\r\nContent-Length: 3000\r\n\r\n"
    )
    wire.raw(head.encode() + BODY[:2999], close=True)
    dock.wait_for_line(method="PATCH")
    assert upload.offset == 0
    assert upload.append(0, BODY[:3000], complete=True).status == 201


@pytest.mark.parametrize("media_type", ["video/mp4", "application/octet-stream", ""])
def test_a_part_of_another_media_type_is_refused(wire: Wire, media_type: str) -> None:
    upload = begin(wire, 10)
    assert upload.append(0, b"0123456789", Content_Type=media_type).status == 415
    assert upload.offset == 0


def test_a_lost_last_answer_can_be_had_again(wire: Wire) -> None:
    upload = begin(wire, len(BODY))
    first = upload.append(0, BODY, complete=True)
    looked = upload.look()
    again = upload.append(len(BODY), b"", complete=True)
    for answer in (first, looked, again):
        assert answer.headers["upload-complete"] == "?1"
        assert answer.headers["repr-digest"] == repr_digest(DIGEST)
    assert looked.headers["upload-offset"] == str(len(BODY))
    assert again.status == 201
    assert upload.append(len(BODY), b"x", complete=True).status == 400
    assert wire.get(CONTAINER, CLIP).body == BODY


def test_a_cancelled_upload_is_gone(dock: InProcess, wire: Wire) -> None:
    upload = begin(wire, len(BODY))
    upload.append(0, BODY[:1000])
    assert upload.cancel().status == 204
    assert upload.look().status == upload.append(1000, b"x").status == upload.cancel().status == 404
    assert uploads(dock) == []


def test_cancelling_a_finished_upload_leaves_its_object(wire: Wire) -> None:
    upload = begin(wire, len(BODY))
    upload.append(0, BODY, complete=True)
    assert upload.cancel().status == 204
    assert wire.get(CONTAINER, CLIP).body == BODY


def test_an_upload_is_as_good_as_its_token(wire: Wire) -> None:
    upload = begin(wire, len(BODY))
    stranger = Uploading(Wire(wire.port), upload.path)
    assert stranger.look().status == stranger.append(0, BODY).status == 401
    assert stranger.cancel().status == 401
    assert upload.offset == 0


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda wire: create(wire, length=4_000_001), 413),
        (lambda wire: create(wire, length=10, headers={"Repr-Digest": "nonsense"}), 400),
        (lambda wire: create(wire, length=10, Sha256="abc"), 400),
        (lambda wire: create(wire, BODY[:5], length=6, complete=True), 400),
    ],
)
def test_what_can_be_refused_at_the_creation_leaves_nothing(
    dock: InProcess,
    wire: Wire,
    make,
    status: int,  # type: ignore[no-untyped-def]
) -> None:
    answer = make(wire)
    assert answer.status == status and answer.headers["upload-complete"] == "?0"
    assert uploads(dock) == []


def test_a_size_that_the_disk_has_no_room_for_is_refused_before_a_byte_comes(
    dock: InProcess, wire: Wire
) -> None:
    dock.hands.free_bytes = 100_000_000
    assert create(wire, length=4_000_000).status == 201
    dock.hands.free_bytes = 1_000
    assert create(wire, length=4_000_000).status == 507
    assert len(uploads(dock)) == 1


def test_a_disk_that_fills_up_keeps_what_was_promised(dock: InProcess, wire: Wire) -> None:
    upload = begin(wire, len(BODY))
    upload.append(0, BODY[:1000])
    dock.hands.free_bytes = 1_000
    assert upload.append(1000, BODY[1000:], complete=True).status == 507
    dock.hands.free_bytes = 1 << 40
    assert upload.offset == 1000
    assert upload.append(1000, BODY[1000:], complete=True).status == 201


def test_a_write_that_fails_leaves_the_promised_bytes(dock: InProcess, wire: Wire) -> None:
    upload = begin(wire, len(BODY))
    upload.append(0, BODY[:1000])
    good = dock.hands.write

    def fail(handle: int, data: bytes) -> None:
        good(handle, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    dock.hands.write = fail
    assert upload.append(1000, BODY[1000:], complete=True).status == 507
    dock.hands.write = good
    assert upload.offset == 1000
    assert upload.append(1000, BODY[1000:], complete=True).status == 201
    assert wire.get(CONTAINER, CLIP).body == BODY


def test_two_docks_may_send_the_same_clip(wire: Wire) -> None:
    one, two = (begin(wire, len(BODY), Frames="250") for _ in range(2))
    one.append(0, BODY[:1000])
    two.append(0, BODY[:2000])
    assert one.append(1000, BODY[1000:], complete=True).status == 201
    assert two.append(2000, BODY[2000:], complete=True).status == 201
    assert wire.get(CONTAINER, CLIP).body == BODY


def test_another_clip_under_a_stored_name_is_a_conflict_of_the_target(wire: Wire) -> None:
    upload = begin(wire, 4)
    wire.put(CONTAINER, CLIP, BODY)
    answer = upload.append(0, b"fake", complete=True)
    assert answer.status == 409 and answer.headers["upload-complete"] == "?1"
    assert create(wire, length=4, headers={"Repr-Digest": repr_digest(OTHER)}).status == 409
    assert wire.get(CONTAINER, CLIP).body == BODY


def test_nothing_is_begun_in_a_complete_recording(wire: Wire) -> None:
    upload = begin(wire, len(BODY))
    wire.post(CONTAINER, Status="Complete")
    assert create(wire, length=10).status == 409
    assert upload.append(0, BODY, complete=True).status == 409
    assert wire.head(CONTAINER, CLIP).status == 404


def test_a_newer_request_ends_one_that_hangs(dock: InProcess, wire: Wire) -> None:
    upload = begin(wire, len(BODY))
    written = noticed(dock)
    with upload.hanging(0, BODY[:70_000], len(BODY)) as connection:
        assert written.wait(20)
        offset = upload.offset
        assert hung_up(connection)
    assert 0 < offset <= 70_000
    assert upload.append(offset, BODY[offset:], complete=True).status == 201
    assert wire.get(CONTAINER, CLIP).body == BODY


def test_one_request_has_a_largest_part(tmp_path: Path) -> None:
    dock = InProcess(tmp_path, Limits(append_max_bytes=1000))
    dock.wire.open_recording()
    upload = begin(dock.wire, 2000)
    answer = upload.append(0, BODY[:1001])
    assert answer.status == 413 and "max-append-size=1000" in answer.headers["upload-limit"]
    assert upload.append(0, BODY[:1000]).status == 204
    assert upload.append(1000, BODY[1000:2000], complete=True).status == 201
    dock.close()


def test_unfinished_uploads_are_limited_in_number_and_age(tmp_path: Path) -> None:
    dock = InProcess(tmp_path, Limits(uploads_open_max=2, upload_life_s=100.0))
    dock.wire.open_recording()
    upload = begin(dock.wire, 10)
    begin(dock.wire, 10)
    assert create(dock.wire, length=10).status == 503
    dock.hands.utc_ns += 101 * 10**9
    assert create(dock.wire, length=10).status == 201
    assert upload.look().status == 404
    assert len(uploads(dock)) == 1
    dock.close()


def test_interim_answers_go_to_those_that_understand_them_only(wire: Wire) -> None:
    head = (
        f"PUT {wire.path(CONTAINER, CLIP)} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {wire.token}\r\n"
        "Upload-Complete: ?0\r\nUpload-Length: 10\r\nConnection: close\r\nContent-Length: 0\r\n"
    )
    for version, interim in (("", False), ("7", False), ("8", True)):
        said = f"{UPLOAD_INTEROP_VERSION}: {version}\r\n" if version else ""
        answer = wire.raw((head + said + "\r\n").encode())
        assert answer.startswith(b"HTTP/1.1 104 ") is interim
        assert b"HTTP/1.1 201 Created" in answer or interim


@pytest.mark.parametrize("said", ["true", "1", "?2", "", "?1, ?0"])
def test_an_unreadable_field_makes_it_a_plain_put(wire: Wire, said: str) -> None:
    answer = wire.put(CONTAINER, CLIP, BODY, headers={"Upload-Complete": said})
    assert answer.status == 201 and "location" not in answer.headers
    assert wire.get(CONTAINER, CLIP).body == BODY


@pytest.mark.parametrize("path", ["", "/", "/a/b", "/..", "/%2e%2e%2fx", "/%00"])
def test_a_path_trick_reaches_no_upload(wire: Wire, path: str) -> None:
    for method in ("HEAD", "GET", "PATCH", "DELETE", "PUT"):
        for uploads_path in ("/v1/bwv/.uploads", "/v1/bwv/%2euploads"):
            assert wire.ask(method, uploads_path + path).status in (400, 404, 405, 415)
