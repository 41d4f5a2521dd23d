"""What is found on a machine, and what is said of what can't be used."""

import errno
import struct
import sys
from pathlib import Path

import pytest

from hal import discovery
from hal.discovery import FoundCamera, list_cameras, list_microphones, try_camera
from hal.drivers.clock.virtual import VirtualClock
from hal.v4l2_nodes import captures, read_formats

CAPTURE, OUTPUT, METADATA, MPLANE, PER_NODE = 0x1, 0x2, 0x00800000, 0x1000, 0x80000000


def capability(whole: int, node: int = 0) -> bytes:
    return struct.pack("=16s32s32sIII12x", b"uvcvideo", b"Cam", b"usb-1", 0x60000, whole, node)


@pytest.mark.parametrize(
    ("whole", "node", "answer"),
    [
        (CAPTURE, 0, True),
        (OUTPUT, 0, False),
        (MPLANE, 0, True),
        (CAPTURE | METADATA | PER_NODE, CAPTURE, True),
        (CAPTURE | METADATA | PER_NODE, METADATA, False),
    ],
)
def test_only_nodes_that_capture_pictures_are_cameras(whole: int, node: int, answer: bool) -> None:
    assert captures(capability(whole, node)) is answer


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    devices, names = tmp_path / "dev", tmp_path / "names"
    for index, name in ((0, "Webcam\n"), (1, "Webcam\n"), (2, "Locked\n"), (10, None)):
        (devices / f"video{index}").parent.mkdir(exist_ok=True)
        (devices / f"video{index}").touch()
        (names / f"video{index}").mkdir(parents=True)
        if name is not None:
            (names / f"video{index}" / "name").write_text(name)
    (devices / "videocodec").touch()
    return devices, names


def test_cameras_are_listed_in_order_with_name_and_problem(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(path: Path) -> bytes:
        if path.name == "video2":
            raise PermissionError(errno.EACCES, "Permission denied")
        if path.name == "video10":
            raise OSError(errno.EIO, "Input/output error")
        return capability(CAPTURE if path.name == "video0" else METADATA)

    monkeypatch.setattr(discovery, "read_capability", asked)
    monkeypatch.setattr(discovery, "read_formats", lambda _: [])
    cameras = list_cameras(*folders)
    assert [(each.index, each.name) for each in cameras] == [
        (0, "Webcam"),
        (2, "Locked"),
        (10, "unknown"),
    ]
    assert cameras[0].problem is None
    assert "usermod -aG video" in str(cameras[1].problem)
    assert "Input/output error" in str(cameras[2].problem)


def test_a_camera_says_what_it_can_deliver(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    described = [
        struct.pack("<III32s4sIIII", n, 1, 0, b"", name, 0, 0, 0, 0)
        for n, name in enumerate((b"YUYV", b"MJPG", b"H264", b"Y16 "))
    ]
    monkeypatch.setattr(discovery, "read_capability", lambda _: capability(CAPTURE))
    monkeypatch.setattr(discovery, "read_formats", lambda _: described)
    camera = list_cameras(*folders)[0]
    assert camera.formats == ("YUYV", "MJPG", "H264", "Y16")
    assert camera.encodes


def test_a_camera_without_h264_does_not_encode() -> None:
    assert not FoundCamera(Path("/dev/video0"), 0, "Webcam", None, ("YUYV",)).encodes


def test_a_node_without_plain_capture_formats_has_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert read_formats(tmp_path / "file") == []


def test_a_file_that_is_no_device_is_a_camera_with_a_problem(folders: tuple[Path, Path]) -> None:
    assert all("can't be opened" in str(each.problem) for each in list_cameras(*folders))


def test_a_machine_without_cameras_has_none(tmp_path: Path) -> None:
    assert list_cameras(tmp_path, tmp_path) == ()


def test_trying_a_camera_that_is_not_there_says_so() -> None:
    camera = FoundCamera(Path("/dev/video63"), 63, "gone", None)
    assert "no camera /dev/video63" in str(try_camera(camera, VirtualClock()))


@pytest.mark.needs("portaudio")
def test_inputs_are_listed_and_the_usual_one_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    card = {"max_output_channels": 2, "default_samplerate": 44100.0}
    cards = [
        {"index": 0, "name": "HDMI", "max_input_channels": 0, **card},
        {"index": 1, "name": "USB", "max_input_channels": 2, **card},
    ]
    monkeypatch.setattr("sounddevice.query_devices", lambda: cards)
    monkeypatch.setattr("sounddevice.default.device", [1, 0])
    (found,) = list_microphones().found
    assert (found.index, found.name, found.channels, found.rate_hz) == (1, "USB", 2, 44_100)
    assert found.usual


def test_a_machine_without_portaudio_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refusing(), *sys.meta_path])
    answer = list_microphones()
    assert answer.found == ()
    assert "sudo apt install libportaudio2" in str(answer.problem)
