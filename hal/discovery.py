"""Which cameras and microphones this machine has; for `bwv devices` and `bwv doctor`.

Works without any, and without the libraries: what is wrong stands in the answers.
"""

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from hal.errors import HalError
from hal.interfaces.clock import Clock
from hal.registry import open_camera

_DEVICES = Path("/dev")
_NAMES = Path("/sys/class/video4linux")

# Of <linux/videodev2.h>: struct v4l2_capability is driver[16], card[32], bus_info[32],
# version, capabilities, device_caps and three reserved words.
_CAPABILITY = struct.Struct("=16s32s32sII I3I")
_VIDIOC_QUERYCAP = 2 << 30 | _CAPABILITY.size << 16 | ord("V") << 8
_CAPTURES, _CAPTURES_PLANES, _HAS_DEVICE_CAPS = 0x1, 0x1000, 0x80000000


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """One /dev/videoN that captures pictures, or might: `problem` says why it can't be used,
    None when it can be opened."""

    path: Path
    index: int
    name: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class FoundMicrophone:
    """One input of PortAudio; `usual` is the one that is used when none is named."""

    index: int
    name: str
    channels: int
    rate_hz: int
    usual: bool


@dataclass(frozen=True, slots=True)
class Microphones:
    """All inputs; `problem` says why none could be looked for."""

    found: tuple[FoundMicrophone, ...]
    problem: str | None = None


def list_cameras(devices: Path = _DEVICES, names: Path = _NAMES) -> tuple[FoundCamera, ...]:
    """The cameras in order of index. Those that only carry metadata or show pictures are left
    out. `devices` and `names` are for tests."""
    paths = sorted(
        (path for path in devices.glob("video*") if path.name[5:].isdigit()),
        key=lambda path: int(path.name[5:]),
    )
    cameras = (_camera(path, names) for path in paths)
    return tuple(camera for camera in cameras if camera is not None)


def list_microphones() -> Microphones:
    """The inputs that PortAudio sees."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        return Microphones((), f"{error}; install it: sudo apt install libportaudio2")
    try:
        usual = sounddevice.default.device[0]
        inputs = [each for each in sounddevice.query_devices() if each["max_input_channels"] > 0]
    except sounddevice.PortAudioError as error:
        return Microphones((), f"PortAudio can't list the sound cards: {error}")
    return Microphones(tuple(_microphone(each, usual) for each in inputs))


def try_camera(camera: FoundCamera, clock: Clock, timeout_s: float = 5.0) -> str | None:
    """Open `camera` and take one picture; None when that worked, else why it did not.

    Takes up to `timeout_s`, and some seconds more with a device that hangs.
    """
    try:
        part = open_camera("opencv", clock=clock, options={"source": str(camera.path)})
        try:
            part.start(clock.monotonic_ns())
            frame = part.read(timeout_s)
        finally:
            part.close()
    except HalError as error:
        return str(error)
    return None if frame else f"{camera.path} opened and gave no picture within {timeout_s:g} s"


def captures(capability: bytes) -> bool:
    """Whether a `struct v4l2_capability` is that of a node that captures pictures."""
    fields = _CAPABILITY.unpack(capability)
    whole, node = fields[4], fields[5]
    flags = node if whole & _HAS_DEVICE_CAPS else whole
    return bool(flags & (_CAPTURES | _CAPTURES_PLANES))


def _camera(path: Path, names: Path) -> FoundCamera | None:
    problem: str | None = None
    try:
        if not captures(_capability(path)):
            return None
    except PermissionError:
        problem = "no permission: run `sudo usermod -aG video $USER` and log in again"
    except OSError as error:
        problem = f"can't be opened: {error.strerror}"
    return FoundCamera(path, int(path.name[5:]), _name(path, names), problem)


def _capability(path: Path) -> bytes:
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        return fcntl.ioctl(fd, _VIDIOC_QUERYCAP, bytes(_CAPABILITY.size))
    finally:
        os.close(fd)


def _name(path: Path, names: Path) -> str:
    try:
        return (names / path.name / "name").read_text(errors="replace").strip()
    except OSError:
        return "unknown"


def _microphone(each: dict[str, object], usual: int) -> FoundMicrophone:
    index = int(str(each["index"]))
    return FoundMicrophone(
        index,
        str(each["name"]),
        int(str(each["max_input_channels"])),
        round(float(str(each["default_samplerate"]))),
        index == usual,
    )
