"""`bwv dock serve` as a process: how it starts, refuses to start, and ends."""

import json
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.evidence.lock import StoreLock
from bwv_device.protocol.names import ContainerType
from tests.destination.process import COMMAND, ServerProcess
from tests.destination.wire import CLIP, CONTAINER


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path / "dock")
    yield process
    process.stop()


def refused(*options: str, directory: Path) -> str:
    """What a server that must not start says."""
    done = subprocess.run(
        [*COMMAND, "--dir", str(directory), *options], capture_output=True, text=True, timeout=60
    )
    assert done.returncode not in (0, 2), done
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["ok"] is False
    return done.stderr


def test_it_says_where_it_is_and_writes_a_connection_file_that_works(server: ServerProcess) -> None:
    said = server.said
    assert said["url"] == f"http://127.0.0.1:{said['port']}/"
    assert said["directory"] == str(server.directory)
    file = Path(said["connection_file"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((server.directory / "credentials.json").stat().st_mode) == 0o600
    assert server.connection.container_type is ContainerType.MP4
    assert server.wire().get("System", "Capabilities.json").status == 200


def test_nothing_in_the_directory_is_for_other_users(server: ServerProcess) -> None:
    wire = server.wire()
    wire.open_recording()
    wire.put(CONTAINER, CLIP, b"clip")
    for path in [server.directory, *server.directory.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_second_start_keeps_key_and_content(tmp_path: Path) -> None:
    first = ServerProcess(tmp_path)
    key = first.connection.blob_api_key
    first.wire().open_recording()
    assert first.stop() == 0
    second = ServerProcess(tmp_path, "--user", "other", "--site-name", "North station")
    assert second.connection.blob_api_key == key
    assert second.connection.blob_api_user_name == "other"
    assert second.connection.site_name == "North station"
    assert second.wire().head(CONTAINER).status == 204
    assert second.stop() == 0


def test_the_end_waits_for_the_upload_in_flight(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    wire = server.wire()
    wire.open_recording()
    body = b"x" * 100_000
    with socket.create_connection(("127.0.0.1", wire.port), timeout=30) as connection:
        connection.sendall(wire.raw_put(CONTAINER, CLIP, len(body), body[:50_000]))
        codes: list[int] = []
        _wait_for_temporary(tmp_path)
        ending = threading.Thread(target=lambda: codes.append(server.stop()))
        ending.start()
        _wait_until_closed(wire.port)
        connection.sendall(body[50_000:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 201")
    ending.join(60)
    assert codes == [0]
    assert (tmp_path / "content" / CONTAINER / CLIP).read_bytes() == body


def test_a_server_for_one_program_ends_when_that_program_is_killed(tmp_path: Path) -> None:
    command = [*COMMAND, "--dir", str(tmp_path), "--until-stdin-closes"]
    starter = (
        "import subprocess, sys, time;"
        f"subprocess.Popen({command!r}, stdin=subprocess.PIPE);"
        "time.sleep(600)"
    )
    # Standard output is the server's too, so it ends when both have gone.
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        port = json.loads(program.stdout.readline())["port"]
        socket.create_connection(("127.0.0.1", port), timeout=20).close()
        program.kill()
        assert program.communicate(timeout=60) == (b"", None)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=20)
    StoreLock(tmp_path).close()


def test_a_file_as_standard_input_has_no_end_to_wait_for(tmp_path: Path) -> None:
    command = [*COMMAND, "--dir", str(tmp_path), "--until-stdin-closes"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and "needs a pipe" in done.stderr, done


def test_a_port_in_use_is_a_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        said = refused("--port", port, directory=tmp_path)
    assert f"can't listen on 127.0.0.1 port {port}" in said


def test_a_second_server_on_the_directory_is_a_clear_error(server: ServerProcess) -> None:
    assert "another server has" in refused(directory=server.directory)
    assert server.wire().get("System").status == 204


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_an_address_that_others_reach_needs_a_word_more(tmp_path: Path, host: str) -> None:
    assert "without TLS" in refused("--host", host, directory=tmp_path)
    assert not (tmp_path / "credentials.json").exists()


def test_every_address_needs_the_one_that_cameras_use(tmp_path: Path) -> None:
    options = ("--host", "0.0.0.0", "--insecure-http")
    assert "--advertise" in refused(*options, directory=tmp_path)
    server = ServerProcess(tmp_path, *options, "--advertise", "127.0.0.1")
    assert server.wire().get("System").status == 204
    server.stop()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("credentials.json", "{", "credentials.json"),
        ("credentials.json", '{"user": "u"}', "key"),
        ("categories.json", '[{"Name": "a"}]', "Id"),
        ("catalogue.sqlite", "not a database, whatever it is called" * 100, "catalogue"),
    ],
)
def test_a_damaged_file_in_the_directory_is_named(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    assert said in refused(directory=tmp_path)
    assert (tmp_path / name).read_text() == text


def test_a_site_name_over_the_limit_is_a_clear_error(tmp_path: Path) -> None:
    assert "SiteName" in refused("--site-name", "x" * 65, directory=tmp_path)


def test_a_directory_that_can_not_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "can't be used" in refused(directory=tmp_path / "file" / "dock")


def test_the_operators_categories_are_served(tmp_path: Path) -> None:
    (tmp_path / "categories.json").write_text('[{"Name": "Öffentlich", "Id": "7"}]')
    server = ServerProcess(tmp_path)
    body = server.wire().get("System", "Categories.json").body
    assert json.loads(body) == [{"Name": "Öffentlich", "Id": "7"}]
    server.stop()


def _wait_for_temporary(directory: Path) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if any((directory / "incoming").iterdir()):
            return
        pause.wait(0.01)
    raise AssertionError("the upload did not begin")


def _wait_until_closed(port: int) -> None:
    """Until the server takes no new connection: it has seen the signal."""
    pause = threading.Event()
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            pass  # it was still waiting to be accepted when the server closed the door
        pause.wait(0.01)
    raise AssertionError("the server went on listening")
