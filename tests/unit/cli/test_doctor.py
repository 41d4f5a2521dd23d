"""`bwv doctor`: what is missing is named with its cure, and the exit code says so."""

import argparse
import json
from collections import namedtuple
from collections.abc import Mapping
from pathlib import Path

import pytest

from bwv_device.cli import doctor
from bwv_device.cli.diagnosis import hardware, machine
from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.configuration import Configuration, load_configuration
from bwv_device.protocol.connection import build_connection_file
from hal.discovery import FoundCamera, FoundMicrophone, Microphones
from tests.support.sealing import public_pem

ROOT = Path(__file__).parents[3]
Usage = namedtuple("Usage", "total used free")


def simulated(**overrides: str) -> Configuration:
    keys = {key.replace("__", "."): value for key, value in overrides.items()}
    return load_configuration(ROOT / "config/simulated.toml", keys)


def only(findings: list[Finding], what: str) -> Finding:
    (found,) = (finding for finding in findings if finding.what == what)
    return found


@pytest.fixture
def store(tmp_path: Path) -> dict[str, str]:
    return {"storage__folder": str(tmp_path / "store")}


def test_a_simulated_camera_is_ready_anywhere(store: Mapping[str, str]) -> None:
    found = [finding for check in doctor.CHECKS for finding in check(simulated(**store))]
    assert not [finding for finding in found if finding.health is Health.MISSING]


def test_a_camera_that_encodes_is_told_with_what_follows_from_it(
    store: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "camera.mp4").touch()
    overrides = {
        "parts__camera__driver": "h264",
        "parts__camera__options__source": str(tmp_path / "camera.mp4"),
    }
    found = [
        finding for check in doctor.CHECKS for finding in check(simulated(**store, **overrides))
    ]
    assert "passed on as it is" in only(found, "picture").seen
    overlay = only(found, "overlay")
    assert overlay.health is Health.WARN and "video.overlay" in overlay.cure
    assert not [finding for finding in found if finding.health is Health.MISSING]
    plain = simulated(**store, **overrides, video__overlay="false")
    assert "overlay" not in {finding.what for check in doctor.CHECKS for finding in check(plain)}


def test_every_trouble_names_its_cure(tmp_path: Path) -> None:
    configuration = simulated(
        parts__camera__driver="telescope",
        parts__battery__driver="psutil",
        storage__folder=str(tmp_path / "file" / "store"),
        dock__connection_file=str(tmp_path / "none.json"),
    )
    (tmp_path / "file").write_text("")
    found = [finding for check in doctor.CHECKS for finding in check(configuration)]
    assert only(found, "camera").health is Health.MISSING
    assert "opencv" in only(found, "camera").seen
    assert only(found, "store").health is Health.MISSING
    assert only(found, "destination").health is Health.MISSING
    assert all(finding.cure for finding in found if finding.health is not Health.OK)


@pytest.mark.parametrize("part", list(type(Configuration().parts).model_fields))
def test_an_option_that_a_driver_does_not_have_is_found(part: str) -> None:
    if part == "locator":
        configuration = simulated(parts__locator__driver="fixed", parts__locator__options__x="1")
    else:
        configuration = simulated(**{f"parts__{part}__options__moonstone": "1"})
    assert only(list(hardware.parts(configuration)), part).health is Health.MISSING


@pytest.mark.parametrize("profile", ["default.toml", "pi.toml", "simulated.toml"])
@pytest.mark.needs("portaudio")
def test_every_part_of_a_profile_that_ships_can_be_made(profile: str) -> None:
    found = hardware.parts(load_configuration(ROOT / "config" / profile))
    assert [f"{bad.what}: {bad.seen}" for bad in found if bad.health is not Health.OK] == []


BARRED = FoundCamera(Path("/dev/video0"), 0, "Webcam", "no permission: join the group")


def test_a_camera_that_may_not_be_opened_is_fatal_only_when_it_is_the_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hardware, "list_cameras", lambda: (BARRED,))
    (fatal,) = hardware.cameras(load_configuration())
    assert (fatal.health, fatal.cure) == (Health.MISSING, "no permission: join the group")
    (harmless,) = hardware.cameras(simulated())
    assert harmless.health is Health.WARN


def test_no_camera_is_fatal_for_a_webcam_and_not_for_an_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hardware, "list_cameras", tuple)
    (fatal,) = hardware.cameras(load_configuration())
    assert fatal.health is Health.MISSING
    overrides = {
        "parts.camera.driver": "opencv",
        "parts.camera.options.source": "rtsp://camera.example/live",
    }
    (fine,) = hardware.cameras(load_configuration(None, overrides))
    assert fine.health is Health.OK


@pytest.mark.parametrize(
    "found", [Microphones((), "no PortAudio library"), Microphones(())], ids=["library", "device"]
)
def test_no_microphone_is_fatal_only_when_one_is_configured(
    monkeypatch: pytest.MonkeyPatch, found: Microphones
) -> None:
    monkeypatch.setattr(hardware, "list_microphones", lambda: found)
    assert next(hardware.microphones(load_configuration())).health is Health.MISSING
    assert next(hardware.microphones(simulated())).health is not Health.MISSING


def test_a_microphone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = Microphones((FoundMicrophone(3, "USB mic [x]", 1, 48000, True),))
    monkeypatch.setattr(hardware, "list_microphones", lambda: inputs)
    (found,) = hardware.microphones(load_configuration())
    assert found.seen == "3: USB mic [x] (48000 Hz, the usual one)"


@pytest.mark.parametrize(
    ("free", "health"),
    [(256 * 1024**2, Health.MISSING), (3 * 1024**3, Health.WARN), (9 * 1024**3, Health.OK)],
)
def test_room_is_judged_by_the_reserve_and_the_size_of_clips(
    monkeypatch: pytest.MonkeyPatch, store: Mapping[str, str], free: int, health: Health
) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(free * 2, free, free))
    assert only(list(machine.store(simulated(**store))), "room").health is health


def test_a_connection_file_that_others_may_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "connection.json"
    about = {
        "SiteName": "Home",
        "ApplicationName": "bwv",
        "ApplicationVersion": "1",
        "AuthenticationTokenURI": ["http://127.0.0.1:1/auth/v1.0"],
        "BlobAPIKey": "secret-key",
        "BlobAPIUserName": "camera",
    }
    file.write_text(json.dumps(about))
    configuration = simulated(dock__connection_file=str(file))
    file.chmod(0o644)
    found = list(doctor.destination.destination(configuration))
    assert only(found, "destination").health is Health.OK
    assert only(found, "destination's key").cure == f"chmod 600 {file}"
    file.chmod(0o600)
    assert [each.what for each in doctor.destination.destination(configuration)] == ["destination"]
    assert "secret-key" not in str(found)


@pytest.mark.parametrize(
    ("key", "health"), [(public_pem(), Health.OK), ("-----BEGIN PUBLIC KEY-----", Health.MISSING)]
)
def test_a_destination_that_wants_sealed_footage_has_a_key_that_seals(
    tmp_path: Path, key: str, health: Health
) -> None:
    file = tmp_path / "connection.json"
    connection = build_connection_file(
        uris=["http://127.0.0.1:1/auth/v1.0"],
        user_name="camera",
        key="secret-key",
        site_name="Home",
        application=("bwv", "1"),
        seal_for=(key, "evidence"),
    )
    file.write_bytes(connection.to_json())
    configuration = simulated(dock__connection_file=str(file))
    found = list(doctor.destination.destination(configuration))
    assert only(found, "sealed footage").health is health


@pytest.mark.parametrize(("camera", "code"), [("scene", 0), ("telescope", 1)])
def test_the_exit_code_and_the_object_say_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], camera: str, code: int
) -> None:
    overrides = {"parts.camera.driver": camera, "storage.folder": str(tmp_path)}
    config = ROOT / "config/simulated.toml"
    args = argparse.Namespace(config=config, overrides=overrides, json=True)
    assert doctor.run(args) == code
    printed = json.loads(capsys.readouterr().out)
    assert printed["ok"] is (code == 0)
    assert {finding["health"] for finding in printed["findings"]} <= {"ok", "warn", "missing"}


def test_what_is_seen_is_printed_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "[red]store[/nothing]"
    args = argparse.Namespace(
        config=ROOT / "config/simulated.toml",
        overrides={"storage.folder": str(folder)},
        json=False,
    )
    assert doctor.run(args) == 0
    squeezed = "".join(capsys.readouterr().out.split())
    assert "[red]store[/nothing]" in squeezed
