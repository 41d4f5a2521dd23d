"""`bwv devices`: what is found, what is said when nothing is, and what a try finds out."""

import argparse
import json
from pathlib import Path

import pytest

from bwv_device.cli import devices
from hal.discovery import FoundCamera, FoundMicrophone, Microphones

WEBCAM = FoundCamera(Path("/dev/video0"), 0, "Webcam [HD]", None)
BARRED = FoundCamera(Path("/dev/video2"), 2, "Other", "no permission")
MIC = FoundMicrophone(1, "USB mic", 2, 44100, True)
Output = pytest.CaptureFixture[str]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_cameras", lambda: (WEBCAM, BARRED))
    monkeypatch.setattr(devices, "list_microphones", lambda: Microphones((MIC,)))


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_cameras", tuple)
    monkeypatch.setattr(devices, "list_microphones", lambda: Microphones((), "no PortAudio"))


def args(*, as_json: bool = False, try_cameras: bool = False) -> argparse.Namespace:
    return argparse.Namespace(json=as_json, try_cameras=try_cameras)


@pytest.mark.usefixtures("machine")
def test_json_gives_the_names_to_use(capsys: Output) -> None:
    assert devices.run(args(as_json=True)) == 0
    assert json.loads(capsys.readouterr().out) == {
        "cameras": [
            {"use": "/dev/video0", "about": "Webcam [HD]", "problem": None},
            {"use": "/dev/video2", "about": "Other", "problem": "no permission"},
        ],
        "microphones": [
            {"use": "USB mic", "about": "2 channels, 44100 Hz, the usual one", "problem": None}
        ],
        "microphones_problem": None,
    }


def test_a_camera_is_shown_with_what_it_delivers(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    encodes = FoundCamera(Path("/dev/video0"), 0, "C920", None, ("YUYV", "MJPG", "H264"))
    plain = FoundCamera(Path("/dev/video2"), 2, "Other", None, ("NV12",))
    monkeypatch.setattr(devices, "list_cameras", lambda: (encodes, plain))
    monkeypatch.setattr(devices, "list_microphones", lambda: Microphones(()))
    assert devices.run(args(as_json=True)) == 0
    assert [line["about"] for line in json.loads(capsys.readouterr().out)["cameras"]] == [
        "C920: YUYV, MJPG, H264 (driver h264 passes its H.264 on)",
        "Other: NV12",
    ]


@pytest.mark.usefixtures("machine")
def test_people_see_names_with_brackets_as_they_are(capsys: Output) -> None:
    assert devices.run(args()) == 0
    assert "Webcam [HD]" in capsys.readouterr().out


@pytest.mark.usefixtures("bare_machine")
def test_a_machine_with_nothing_is_told_about_the_scene(capsys: Output) -> None:
    assert devices.run(args()) == 0
    printed = capsys.readouterr().out
    assert "no camera found" in printed
    assert "no PortAudio" in printed


@pytest.mark.usefixtures("machine")
def test_a_camera_that_gives_no_picture_fails_the_try(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    tried: list[FoundCamera] = []
    monkeypatch.setattr(
        devices, "try_camera", lambda camera, _clock: tried.append(camera) or "gave no picture"
    )
    assert devices.run(args(as_json=True, try_cameras=True)) == 1
    assert tried == [WEBCAM]
    printed = json.loads(capsys.readouterr().out)
    assert printed["cameras"][0]["problem"] == "gave no picture"
