"""A camera that comes back under another number is found, and no other is taken for it."""

import struct
from pathlib import Path

import pytest

from hal import v4l2_nodes
from hal.drivers.camera.same_camera import CameraMemory
from hal.errors import DeviceMissingError
from hal.v4l2_nodes import Identity, cameras_there

FIRST, SECOND = Identity("Webcam", "usb-1"), Identity("Webcam", "usb-2")
OTHER_MODEL = Identity("Microscope", "usb-3")


class Ports:
    """Which camera stands in which node."""

    def __init__(self, **nodes: Identity) -> None:
        self.nodes = nodes

    def look(self) -> dict[Path, Identity]:
        return {Path("/dev") / name: camera for name, camera in self.nodes.items()}


@pytest.mark.parametrize("source", [0, "0", "/dev/video0"])
def test_a_camera_that_comes_back_under_another_number_is_found(source: int | str) -> None:
    ports = Ports(video0=FIRST)
    memory = CameraMemory(ports.look)
    assert memory.find(source) == source
    ports.nodes = {}
    assert memory.find(source) == source, "opening it says that there is none"
    ports.nodes = {"video1": FIRST}
    assert memory.find(source) == "/dev/video1"
    ports.nodes = {"video0": FIRST}
    assert memory.find(source) == source


def test_it_is_found_in_another_port() -> None:
    ports = Ports(video0=FIRST)
    memory = CameraMemory(ports.look)
    memory.find(0)
    ports.nodes = {"video2": SECOND}
    assert memory.find(0) == "/dev/video2"


def test_another_camera_of_the_same_model_is_not_taken_for_it() -> None:
    ports = Ports(video0=FIRST, video2=SECOND)
    memory = CameraMemory(ports.look)
    memory.find(0)
    ports.nodes = {"video2": SECOND}
    assert memory.find(0) == 0
    ports.nodes = {"video0": SECOND}
    with pytest.raises(DeviceMissingError, match=r"another camera now \(Webcam at usb-2\).*usb-1"):
        memory.find(0)


def test_of_two_that_are_new_none_is_guessed() -> None:
    ports = Ports(video0=FIRST)
    memory = CameraMemory(ports.look)
    memory.find(0)
    ports.nodes = {"video1": SECOND, "video2": Identity("Webcam", "usb-4")}
    assert memory.find(0) == 0


def test_a_camera_of_another_model_in_its_place_is_refused() -> None:
    ports = Ports(video0=FIRST)
    memory = CameraMemory(ports.look)
    memory.find(0)
    ports.nodes = {"video0": OTHER_MODEL}
    with pytest.raises(DeviceMissingError, match=r"plug Webcam at usb-1 in again"):
        memory.find(0)


@pytest.mark.parametrize("source", ["/dev/v4l/by-id/usb-cam", "rtsp://camera.example/1"])
def test_names_that_stay_right_are_left_alone(source: str) -> None:
    memory = CameraMemory(lambda: pytest.fail("nothing to look for"))
    assert memory.find(source) == source


def test_what_was_not_there_at_first_is_remembered_when_it_comes() -> None:
    ports = Ports()
    memory = CameraMemory(ports.look)
    assert memory.find(0) == 0
    ports.nodes = {"video0": FIRST}
    assert memory.find(0) == 0
    ports.nodes = {"video1": FIRST}
    assert memory.find(0) == "/dev/video1"


def test_only_nodes_that_capture_and_answer_are_cameras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("video0", "video1", "video2", "video10", "videocodec"):
        (tmp_path / name).touch()

    def asked(path: Path) -> bytes:
        if path.name == "video0":
            raise OSError("in use")
        capabilities = 0x2 if path.name == "video2" else 0x1
        return struct.pack(
            "=16s32s32sIII12x", b"uvcvideo", b"Webcam", b"usb-1", 0x60000, capabilities, 0
        )

    monkeypatch.setattr(v4l2_nodes, "read_capability", asked)
    assert cameras_there(tmp_path) == {tmp_path / "video1": FIRST, tmp_path / "video10": FIRST}
