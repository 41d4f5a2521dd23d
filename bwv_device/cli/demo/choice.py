"""What the demonstration films and hears: names, numbers, addresses and files become parts.

Who uses it: `bwv demo`, and `bwv run` for the same two options.
"""

from pathlib import Path

from bwv_device.configuration.parts import ABSENT, Part
from bwv_device.errors import ConfigurationError
from hal import registry
from hal.discovery import list_cameras, try_camera
from hal.interfaces.clock import Clock

_GENERATED = "scene"


def choose_camera(wanted: str | None, clock: Clock) -> Part:
    """The camera for `--camera`: a driver's name, an index, /dev/videoN, a URL or a file.

    Without a wish: the first webcam that gives a picture, else the generated scene. Raises
    `ConfigurationError` that says what can be given.
    """
    if wanted is None:
        usable = (camera for camera in list_cameras() if try_camera(camera, clock) is None)
        webcam = next(usable, None)
        if webcam is None:
            return Part(driver=_GENERATED)
        return Part(driver="opencv", options={"source": str(webcam.path)})
    if wanted.isdigit() or wanted.startswith("/dev/video") or "://" in wanted:
        return Part(driver="opencv", options={"source": wanted})
    return _named_or_file("camera", wanted)


def choose_microphone(wanted: str | None, camera: Part) -> Part:
    """The microphone for `--microphone`: a driver's name, a sound device or a file.

    Without a wish: the one that belongs to the camera, so that sound and picture are of one
    piece; a webcam gets the default microphone if there is one.
    """
    if wanted is not None:
        return _named_or_file("microphone", wanted)
    if camera.driver in (_GENERATED, "file"):
        return camera
    usable = registry.is_available(registry.find("microphone", "sounddevice")) is None
    return Part(driver="sounddevice" if usable else ABSENT)


def _named_or_file(kind: str, wanted: str) -> Part:
    drivers = {row.name for row in registry.drivers(kind) if not row.planned}
    if wanted in drivers - {"file"} or wanted == ABSENT:
        return Part(driver=wanted)
    path = Path(wanted).expanduser()
    if path.is_file():
        return Part(driver="file", options={"path": str(path.resolve())})
    if kind == "microphone" and "/" not in wanted and not path.suffix:
        return Part(driver="sounddevice", options={"device": wanted})
    names = ", ".join(sorted(drivers - {"file"}))
    more = ", an index, /dev/videoN, a URL" if kind == "camera" else ", a sound device's name"
    raise ConfigurationError(
        f"there is no {kind} {wanted!r}, and no file of that name: give one of {names}{more}, or a "
        "video file; `bwv devices` lists what is here"
    )
