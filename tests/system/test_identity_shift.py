"""A shift of an enrolled camera: it records, docks over mutual TLS, and what lies at the server
afterwards is authentic for whoever has the authority's certificate and nothing else."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.destination.process import ServerProcess
from tests.support.camera_command import SERIAL, running_camera

BWV = (sys.executable, "-m", "bwv_device.cli.main")


def bwv(*words: str) -> tuple[int, dict[str, Any]]:
    """Exit code, and the object for machines."""
    done = subprocess.run([*BWV, *words, "--json"], capture_output=True, text=True, timeout=100)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a camera and a server, after the shift."""
    folder = tmp_path_factory.mktemp("shift")
    server = ServerProcess(folder / "server", "--tls", "--enrol", SERIAL)
    code, told = bwv(
        *("dock", "enrol", "--store", str(folder / "device"), "--set", f"device.serial={SERIAL}"),
        *("--connection", server.said["connection_file"], "--code", server.said["codes"][SERIAL]),
    )
    assert code == 0, told
    with running_camera(folder) as camera:
        camera.await_word("PRE_RECORD")
        camera.press("  ")
        camera.await_word("clip begun")
        camera.press("s")
        camera.await_word("clip closed")
        (folder / "docked").touch()
        camera.await_word("freed on the camera")
        camera.signal(signal.SIGTERM)
        assert camera.code() == 0
    yield folder
    assert server.stop() == 0


def lines(shift: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shift / "server" / "audit.jsonl").open()]


def test_the_authoritys_certificate_is_all_that_a_verifier_needs(shift: Path) -> None:
    anchor = shift / "server" / "authority" / "authority.crt"
    code, told = bwv("verify", str(shift / "server"), "--anchor", str(anchor))
    (clip,) = told["clips"]
    assert (code, clip["verdict"]) == (0, "authentic"), clip
    good = {"stream-covered", "file-is-signed", "receipt-good", "ledger-names-clip"}
    assert good <= {finding["fact"] for finding in clip["findings"]}


def test_with_another_authoritys_certificate_the_signer_is_the_wrong_one(
    shift: Path, tmp_path: Path
) -> None:
    code, _ = bwv("dock", "authority", "init", "--dir", str(tmp_path), "--name", "Dock")
    assert code == 0
    other = tmp_path / "authority" / "authority.crt"
    code, told = bwv("verify", str(shift / "server"), "--anchor", str(other))
    assert code != 0
    assert told["clips"][0]["verdict"] == "wrong-signer"


def test_all_that_the_camera_did_at_the_server_was_within_its_rights(shift: Path) -> None:
    found = lines(shift)
    assert not [one for one in found if one["status"] in (401, 403)]
    assert {one["by"] for one in found if "by" in one} == {f"device {SERIAL}"}


def test_footage_signed_before_its_camera_was_revoked_stays_good(shift: Path) -> None:
    directory = str(shift / "server")
    assert bwv("dock", "authority", "revoke", SERIAL, "--dir", directory)[0] == 0
    authority = shift / "server" / "authority"
    trust = ("--anchor", str(authority / "authority.crt"))
    trust += ("--revoked", str(authority / "revoked.crl"))
    code, told = bwv("verify", directory, *trust)
    assert (code, told["clips"][0]["verdict"]) == (0, "authentic"), told
