"""Which cameras and microphones this machine has; for `bwv devices` and `bwv doctor`.

Works without any, and without the libraries: what is wrong stands in the answers.
"""

from dataclasses import dataclass
from pathlib import Path

from hal.errors import HalError
from hal.interfaces.clock import Clock
from hal.registry import open_camera
from hal.v4l2_nodes import (
    DEVICES,
    captures,
    format_names,
    node_paths,
    read_capability,
    read_formats,
)

_NAMES = Path("/sys/class/video4linux")


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """One /dev/videoN that captures pictures, or might: `problem` says why it can't be used,
    None when it can be opened."""

    path: Path
    index: int
    name: str
    problem: str | None
    formats: tuple[str, ...] = ()
    """What it can deliver, by its own names (fourcc): YUYV, MJPG, H264."""

    @property
    def encodes(self) -> bool:
        """Whether the driver `h264` can be used with it."""
        return "H264" in self.formats


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


def list_cameras(devices: Path = DEVICES, names: Path = _NAMES) -> tuple[FoundCamera, ...]:
    """The cameras in order of index. Those that only carry metadata or show pictures are left
    out. `devices` and `names` are for tests."""
    paths = node_paths(devices)
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


def _camera(path: Path, names: Path) -> FoundCamera | None:
    problem: str | None = None
    formats: tuple[str, ...] = ()
    try:
        if not captures(read_capability(path)):
            return None
        formats = format_names(read_formats(path))
    except PermissionError:
        problem = "no permission: run `sudo usermod -aG video $USER` and log in again"
    except OSError as error:
        problem = f"can't be opened: {error.strerror}"
    return FoundCamera(path, int(path.name[5:]), _name(path, names), problem, formats)


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
