"""Two commands: a destination with an authority, and a camera that enrols with a code. Then it
docks over mutual TLS. Real processes throughout."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import swiftclient

from bwv_device.dock.events import ClipSent, Proof
from bwv_device.evidence.identity import Enrolment, load_or_create
from bwv_device.evidence.records import ClipState
from bwv_device.protocol.connection import ConnectionFile, parse_connection_file
from tests.destination.process import ServerProcess
from tests.destination.secure import SecureWire
from tests.destination.wire import CONTAINER, Wire
from tests.support.docking_camera import CLIP, IDENTITY, OTHER_CLIP, Rig

SERIAL = IDENTITY.serial
BWV = (sys.executable, "-m", "bwv_device.cli.main")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path / "dock", "--tls", "--enrol", SERIAL)
    yield process
    assert process.stop() == 0


def bwv(*words: str, stdin: str = "") -> tuple[int, dict[str, Any], str]:
    """Exit code, the object for machines, and what was said to people."""
    done = subprocess.run(
        [*BWV, *words, "--json"], capture_output=True, text=True, timeout=100, input=stdin
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def enrol(server: ServerProcess, store: Path, code: str) -> tuple[int, dict[str, Any], str]:
    connection = str(server.said["connection_file"])
    settings = ("--set", f"device.serial={SERIAL}", "--set", f"device.model={IDENTITY.model}")
    words = ("dock", "enrol", "--store", str(store), "--connection", connection, "--code", "-")
    return bwv(*words, *settings, stdin=f"{code}\n")


def authority(server: ServerProcess, action: str, *words: str) -> dict[str, Any]:
    code, said, _ = bwv("dock", "authority", action, "--dir", str(server.directory), *words)
    assert code == 0
    return said


def connection(server: ServerProcess) -> ConnectionFile:
    return parse_connection_file(Path(server.said["connection_file"]).read_bytes())


def docked(tmp_path: Path, server: ServerProcess) -> Rig:
    return Rig(tmp_path, connection(server))


def test_a_camera_enrols_with_a_code_and_docks_over_mutual_tls(
    tmp_path: Path, server: ServerProcess
) -> None:
    assert server.url.startswith("https://")
    rig = docked(tmp_path, server)
    code, said, _ = enrol(server, rig.folder, server.said["codes"][SERIAL])
    assert (code, said["serial"]) == (0, SERIAL)
    identity = load_or_create(rig.folder, SERIAL, IDENTITY.model)
    assert identity.enrolment is Enrolment.ENROLLED

    recording = rig.record_parts(CLIP, OTHER_CLIP)
    assert rig.push().ok, rig.problems()
    assert [e.proof for e in rig.events if isinstance(e, ClipSent)] == [Proof.SHA256] * 2
    assert rig.states() == [ClipState.PURGED] * 2
    stored = list((server.directory / "content" / recording.container).glob("*.mp4"))
    assert {path.read_bytes() for path in stored} == {CLIP, OTHER_CLIP}
    lines = [json.loads(one) for one in (server.directory / "audit.jsonl").open()]
    assert {one["by"] for one in lines if recording.container in one["path"]} == {
        f"device {SERIAL}"
    }
    rig.close()


def test_a_second_device_with_the_same_code_is_refused(
    tmp_path: Path, server: ServerProcess
) -> None:
    given = server.said["codes"][SERIAL]
    assert enrol(server, tmp_path / "one", given)[0] == 0
    code, said, _ = enrol(server, tmp_path / "two", given)
    assert (code, said["ok"]) == (1, False)
    assert "the code was used" in said["error"]["message"]
    two = load_or_create(tmp_path / "two", SERIAL, IDENTITY.model)
    assert two.enrolment is Enrolment.NOT_ENROLLED


def test_revoking_by_the_command_shuts_a_device_out_while_the_server_runs(
    tmp_path: Path, server: ServerProcess
) -> None:
    rig = docked(tmp_path, server)
    assert enrol(server, rig.folder, server.said["codes"][SERIAL])[0] == 0
    rig.record()
    assert rig.push().ok, rig.problems()
    assert authority(server, "revoke", SERIAL, "--reason", "stolen")["certificates"] == 2
    rig.record(trigger_s=100)
    assert not rig.push().ok
    assert any("was revoked" in text for text in rig.problems())
    assert rig.states() == [ClipState.PURGED, ClipState.FINALISED]
    states = {
        one["state"]
        for one in authority(server, "list")["certificates"]
        if one["holder"] == f"device {SERIAL}"
    }
    assert states == {"revoked"}

    new = authority(server, "code", SERIAL)["code"]
    assert enrol(server, rig.folder, new)[0] == 0
    assert rig.push().ok
    assert rig.states() == [ClipState.PURGED] * 2
    rig.close()


def test_the_authority_survives_a_kill_and_so_does_the_cameras_certificate(
    tmp_path: Path,
) -> None:
    server = ServerProcess(tmp_path / "dock", "--tls", "--enrol", SERIAL)
    rig = docked(tmp_path, server)
    assert enrol(server, rig.folder, server.said["codes"][SERIAL])[0] == 0
    root = connection(server).https_certificate
    server.kill()
    again = ServerProcess(tmp_path / "dock")
    try:
        rig.connection = connection(again)
        assert again.url.startswith("https://")
        assert rig.connection.https_certificate == root
        rig.record()
        assert rig.push().ok, rig.problems()
    finally:
        assert again.stop() == 0
        rig.close()


def test_the_page_is_for_this_machine_on_a_door_of_its_own(server: ServerProcess) -> None:
    page = Wire(int(server.said["page_url"].rsplit(":", 1)[1].rstrip("/")))
    answer = page.ask("GET", "/")
    assert (answer.status, "<html" in answer.text) == (200, True)
    assert page.ask("GET", "/auth/v1.0").status == 404
    assert page.ask("PUT", "/v1/bwv/System").status == 404
    assert page.ask("GET", "/.well-known/est/cacerts").status == 404


def test_with_passwords_a_client_of_another_maker_gets_in_over_tls(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "dock", "--tls", "--passwords")
    try:
        file = parse_connection_file(Path(server.said["passwords_file"]).read_bytes())
        wire = SecureWire(server.said["port"], file.certificates_pem()[0])
        assert wire.sign_in(file.blob_api_user_name, file.blob_api_key).status == 200
        wire.open_recording()
        root = server.directory / "authority" / "authority.crt"
        swift = swiftclient.Connection(
            *(file.authentication_token_uri[0], file.blob_api_user_name, file.blob_api_key),
            auth_version="1",
            retries=1,
            cacert=str(root),
        )
        assert swift.get_container(CONTAINER)[1] == []
        swift.close()
    finally:
        assert server.stop() == 0
    server = ServerProcess(tmp_path / "dock")
    try:
        assert server.said["passwords_file"] is None
        assert not (tmp_path / "dock" / "connection-passwords.json").exists()
        wire.port = server.said["port"]
        assert wire.sign_in(file.blob_api_user_name, file.blob_api_key).status == 401
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("authority", "code", SERIAL), "bwv dock authority init"),
        (("authority", "list"), "bwv dock authority init"),
        (("authority", "init", "--name", ""), "printable"),
        (("authority", "revoke", "a/b"), "serial number"),
    ],
)
def test_what_the_authority_can_not_do_is_said(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    code, answer, _ = bwv("dock", *words, "--dir", str(tmp_path))
    assert (code, answer["ok"]) == (1, False)
    assert said in answer["error"]["message"]


def test_init_by_the_command_makes_the_next_server_one_with_tls(tmp_path: Path) -> None:
    made = bwv("dock", "authority", "init", "--dir", str(tmp_path / "dock"), "--name", "Force")
    assert (made[0], made[1]["name"]) == (0, "Force")
    server = ServerProcess(tmp_path / "dock")
    assert server.url.startswith("https://")
    assert server.stop() == 0
    assert bwv("dock", "authority", "init", "--dir", str(tmp_path / "dock"), "--name", "F")[0] == 1


def test_enrolling_without_a_connection_file_says_what_to_give(tmp_path: Path) -> None:
    code, answer, _ = bwv("dock", "enrol", "--store", str(tmp_path), "--code", "x")
    assert code == 1
    assert "--connection FILE" in answer["error"]["message"]
