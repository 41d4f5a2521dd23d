"""A client that we did not write, python-swiftclient, against the server's own process."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import swiftclient

from bwv_device.protocol.metadata import MetaPrefix, encode
from tests.destination.clips import write_clip
from tests.destination.process import ServerProcess
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("dock"))
    yield process
    process.stop()


@pytest.fixture(scope="module")
def swift(server: ServerProcess) -> Iterator[swiftclient.Connection]:
    file = server.connection
    connection = swiftclient.Connection(
        authurl=file.authentication_token_uri[0],
        user=file.blob_api_user_name,
        key=file.blob_api_key,
        auth_version="1",
        retries=1,
    )
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def clip(swift: swiftclient.Connection, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A recording with one clip, put there by the foreign client."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path, 3)
    body = path.read_bytes()
    for register, name in (("Users", USER), ("Devices", SERIAL)):
        swift.put_object(register, name, b"", headers=encode(MetaPrefix.OBJECT, {"Name": "Zoë"}))
    swift.put_container(CONTAINER, encode(MetaPrefix.CONTAINER, {"Status": "Transferring"}))
    meta = {"Sha256": hashlib.sha256(body).hexdigest(), "Frames": "75"}
    etag = swift.put_object(
        CONTAINER, CLIP, body, content_type="video/mp4", headers=encode(MetaPrefix.OBJECT, meta)
    )
    assert etag == hashlib.md5(body).hexdigest()
    swift.post_container(CONTAINER, encode(MetaPrefix.CONTAINER, {"Status": "Complete"}))
    return body


def test_it_lists_what_there_is(swift: swiftclient.Connection, clip: bytes) -> None:
    account, containers = swift.get_account(full_listing=True, limit=2)
    assert account["x-account-container-count"] == "4"
    assert [entry["name"] for entry in containers] == sorted(
        [CONTAINER, "Devices", "System", "Users"]
    )
    container, objects = swift.get_container(CONTAINER, full_listing=True, limit=1)
    assert container["x-container-meta-status"] == "Complete"
    assert [(entry["name"], entry["bytes"]) for entry in objects] == [(CLIP, len(clip))]
    assert objects[0]["hash"] == hashlib.md5(clip).hexdigest()


def test_it_reads_the_metadata(swift: swiftclient.Connection, clip: bytes) -> None:
    head = swift.head_object(CONTAINER, CLIP)
    assert head["content-length"] == str(len(clip))
    assert head["content-type"] == "video/mp4"
    assert head["etag"] == hashlib.md5(clip).hexdigest()
    assert head["x-object-meta-frames"] == "75"
    assert head["last-modified"].endswith("GMT")
    assert swift.head_account()["x-account-bytes-used"] == str(len(clip))


def test_it_downloads_a_clip_whose_digest_is_the_devices(
    swift: swiftclient.Connection, clip: bytes
) -> None:
    head, chunks = swift.get_object(CONTAINER, CLIP, resp_chunk_size=65536)
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    assert digest.hexdigest() == head["x-object-meta-sha256"] == hashlib.sha256(clip).hexdigest()


def test_it_downloads_a_part(swift: swiftclient.Connection, clip: bytes) -> None:
    _, part = swift.get_object(CONTAINER, CLIP, headers={"Range": "bytes=100-199"})
    assert part == clip[100:200]


def test_its_own_shell_command_takes_the_recording(
    server: ServerProcess, clip: bytes, tmp_path: Path
) -> None:
    file = server.connection
    login = ["-A", file.authentication_token_uri[0], "-U", file.blob_api_user_name, "-K"]
    command = [sys.executable, "-m", "swiftclient.shell", *login, file.blob_api_key]
    stated = subprocess.run([*command, "stat", CONTAINER, CLIP], capture_output=True, text=True)
    assert stated.returncode == 0 and str(len(clip)) in stated.stdout, stated.stderr
    taken = subprocess.run(
        [*command, "download", CONTAINER], cwd=tmp_path, capture_output=True, text=True
    )
    assert taken.returncode == 0, taken.stderr
    assert (tmp_path / CLIP).read_bytes() == clip


def test_it_can_not_delete_or_change_evidence(swift: swiftclient.Connection, clip: bytes) -> None:
    for attempt, status in (
        (lambda: swift.delete_object(CONTAINER, CLIP), 403),
        (lambda: swift.delete_container(CONTAINER), 403),
        (lambda: swift.put_object(CONTAINER, CLIP, b"other"), 409),
        (lambda: swift.post_object(CONTAINER, CLIP, {"X-Object-Meta-Frames": "1"}), 409),
    ):
        with pytest.raises(swiftclient.ClientException) as caught:
            attempt()
        assert caught.value.http_status == status
    assert swift.get_object(CONTAINER, CLIP)[1] == clip


def test_a_wrong_key_is_told_from_a_fault(server: ServerProcess) -> None:
    wrong = swiftclient.Connection(
        authurl=server.connection.authentication_token_uri[0], user="bwv", key="no", retries=0
    )
    with pytest.raises(swiftclient.ClientException) as caught:
        wrong.head_account()
    assert caught.value.http_status == 401
