"""Which drivers there are, as data. `hal.registry` reads it; a new driver is one row here.

Rows without a target are planned: they keep the place of what is still to be written.
"""

from dataclasses import dataclass
from enum import StrEnum


class PartKind(StrEnum):
    """The parts of a device; the values are the names in the configuration."""

    CLOCK = "clock"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    LIGHT = "light"
    SOUNDER = "sounder"
    HAPTIC = "haptic"
    BUTTON = "button"
    DISPLAY = "display"
    BATTERY = "battery"
    LOCATOR = "locator"
    DOCK_CONTACT = "dock_contact"
    STORAGE_SPACE = "storage_space"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Library:
    """A Python module that a driver needs and the commands that bring it.

    `install` brings the module itself; `system_install`, where there is one, the shared
    library that the module loads (a module that is there and can't load it raises OSError).
    """

    module: str
    install: str = "pip install 'bwv-device[pi]'"
    system_install: str | None = None


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One driver: `target` is "module:Class", None while the driver is only planned."""

    part: PartKind
    name: str
    summary: str
    target: str | None = None
    needs: tuple[Library, ...] = ()
    encodes: bool = False
    """A camera that delivers H.264 itself."""

    @property
    def planned(self) -> bool:
        return self.target is None


_NUMPY = Library("numpy")
_PYAV = Library("av")
_OPENCV = Library("cv2")
_PSUTIL = Library("psutil")
_PICAMERA2 = Library(
    "picamera2",
    "sudo apt install python3-picamera2 (Raspberry Pi OS), in a virtual environment made with"
    " --system-site-packages",
)
_PORTAUDIO = Library("sounddevice", system_install="sudo apt install libportaudio2")

_P = PartKind

DRIVERS: tuple[DriverRow, ...] = (
    DriverRow(_P.CLOCK, "system", "the machine's clocks", "hal.drivers.clock.system:SystemClock"),
    DriverRow(
        _P.CLOCK,
        "virtual",
        "stands still until told to go on, for simulations",
        "hal.drivers.clock.virtual:VirtualClock",
    ),
    DriverRow(
        _P.CAMERA,
        "opencv",
        "a webcam by index or /dev/videoN, or a network camera by URL",
        "hal.drivers.camera.opencv:OpenCvCamera",
        (_NUMPY, _OPENCV),
    ),
    DriverRow(
        _P.CAMERA,
        "file",
        "a video file at its own pace, looping",
        "hal.drivers.camera.file:FileCamera",
        (_NUMPY, _PYAV),
    ),
    DriverRow(
        _P.CAMERA,
        "scene",
        "a generated moving picture with a frame counter and a flash each second",
        "hal.drivers.camera.scene:SceneCamera",
        (_NUMPY,),
    ),
    DriverRow(
        _P.CAMERA,
        "h264",
        "a camera that encodes: a V4L2 device, a stream by URL, or a file",
        "hal.drivers.camera.h264:H264Camera",
        (_NUMPY, _PYAV, _OPENCV),
        encodes=True,
    ),
    DriverRow(
        _P.CAMERA,
        "picamera2",
        "a ribbon-cable camera of a Raspberry Pi, encoded by picamera2",
        "hal.drivers.camera.pi_camera:PiCamera",
        (_NUMPY, _PICAMERA2),
        encodes=True,
    ),
    DriverRow(_P.CAMERA, "libcamera", "a ribbon-cable camera on other boards"),
    DriverRow(
        _P.MICROPHONE,
        "sounddevice",
        "a sound card by name or index",
        "hal.drivers.microphone.sounddevice:SounddeviceMicrophone",
        (_NUMPY, _PORTAUDIO),
    ),
    DriverRow(
        _P.MICROPHONE,
        "file",
        "the sound of a clip, in step with the file camera",
        "hal.drivers.microphone.file:FileMicrophone",
        (_NUMPY, _PYAV),
    ),
    DriverRow(
        _P.MICROPHONE,
        "scene",
        "a tone each second, in step with the scene camera",
        "hal.drivers.microphone.scene:SceneMicrophone",
        (_NUMPY,),
    ),
    DriverRow(_P.MICROPHONE, "i2s", "a digital microphone on the I2S pins"),
    DriverRow(
        _P.LIGHT,
        "terminal",
        "a line on standard error at each change",
        "hal.drivers.light.terminal:TerminalLight",
    ),
    DriverRow(
        _P.LIGHT, "mock", "keeps what it was told, with times", "hal.drivers.light.mock:MockLight"
    ),
    DriverRow(_P.LIGHT, "gpio", "a lamp on a pin"),
    DriverRow(_P.LIGHT, "i2c", "a lamp behind an LED driver chip"),
    DriverRow(
        _P.SOUNDER,
        "sounddevice",
        "beeps on a sound card",
        "hal.drivers.sounder.sounddevice:SounddeviceSounder",
        (_NUMPY, _PORTAUDIO),
    ),
    DriverRow(
        _P.SOUNDER,
        "terminal",
        "a line on standard error for each pattern",
        "hal.drivers.sounder.terminal:TerminalSounder",
    ),
    DriverRow(
        _P.SOUNDER,
        "recorder",
        "makes no sound and keeps what was played, with times",
        "hal.drivers.sounder.recorder:RecorderSounder",
    ),
    DriverRow(_P.SOUNDER, "gpio", "a buzzer on a PWM pin"),
    DriverRow(
        _P.HAPTIC,
        "terminal",
        "a line on standard error for each pattern",
        "hal.drivers.haptic.terminal:TerminalHaptic",
    ),
    DriverRow(
        _P.HAPTIC,
        "mock",
        "keeps what it was told, with times",
        "hal.drivers.haptic.mock:MockHaptic",
    ),
    DriverRow(_P.HAPTIC, "gpio", "a motor on a pin"),
    DriverRow(
        _P.BUTTON,
        "keyboard",
        "space presses, s holds",
        "hal.drivers.button.keyboard:KeyboardButton",
    ),
    DriverRow(_P.BUTTON, "mock", "pressed by a program", "hal.drivers.button.mock:MockButton"),
    DriverRow(_P.BUTTON, "gpio", "a push button on a pin"),
    DriverRow(_P.BUTTON, "serial", "a button on a test bench's serial line"),
    DriverRow(
        _P.DISPLAY,
        "terminal",
        "lines on standard error at each change",
        "hal.drivers.display.terminal:TerminalDisplay",
    ),
    DriverRow(
        _P.DISPLAY,
        "mock",
        "keeps what it was told, with times",
        "hal.drivers.display.mock:MockDisplay",
    ),
    DriverRow(_P.DISPLAY, "i2c", "a small OLED screen"),
    DriverRow(
        _P.BATTERY,
        "fixed",
        "always the charge that the configuration says",
        "hal.drivers.battery.fixed:FixedBattery",
    ),
    DriverRow(
        _P.BATTERY,
        "psutil",
        "the gauge of a laptop or tablet",
        "hal.drivers.battery.psutil:PsutilBattery",
        (_PSUTIL,),
    ),
    DriverRow(_P.BATTERY, "i2c", "a fuel-gauge chip"),
    DriverRow(_P.LOCATOR, "none", "there is no receiver", "hal.drivers.locator.none:NoneLocator"),
    DriverRow(
        _P.LOCATOR,
        "fixed",
        "always the position that the configuration says",
        "hal.drivers.locator.fixed:FixedLocator",
    ),
    DriverRow(_P.LOCATOR, "serial", "a satellite receiver that speaks NMEA 0183"),
    DriverRow(
        _P.DOCK_CONTACT,
        "file",
        "docked while a flag file exists",
        "hal.drivers.dock_contact.file:FileDockContact",
    ),
    DriverRow(
        _P.DOCK_CONTACT,
        "mock",
        "docked by a program",
        "hal.drivers.dock_contact.mock:MockDockContact",
    ),
    DriverRow(_P.DOCK_CONTACT, "gpio", "a contact on a pin"),
    DriverRow(
        _P.STORAGE_SPACE,
        "disk",
        "the file system's own figures",
        "hal.drivers.storage_space.disk:DiskSpace",
    ),
    DriverRow(
        _P.STORAGE_SPACE,
        "mock",
        "figures set by a program",
        "hal.drivers.storage_space.mock:MockSpace",
    ),
    DriverRow(
        _P.MEMORY,
        "psutil",
        "the machine's main memory",
        "hal.drivers.memory.psutil:PsutilMemory",
        (_PSUTIL,),
    ),
    DriverRow(_P.MEMORY, "mock", "figures set by a program", "hal.drivers.memory.mock:MockMemory"),
)
"""Every driver, parts in the order of `PartKind`, the usual choice on hardware first."""
