"""How to get at the camera and the microphone that the configuration names.

Who uses it: the capture session opens them, the agent's board and the media process make them.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from bwv_device.configuration.model import Configuration
from bwv_device.configuration.parts import Part as PartChoice
from hal import registry
from hal.errors import HalError
from hal.interfaces.camera import Camera
from hal.interfaces.clock import Clock
from hal.interfaces.microphone import Microphone


@dataclass(frozen=True, slots=True)
class Sources:
    """How to get at a camera and a microphone; None for a camera without sound."""

    open_camera: Callable[[], Camera]
    open_microphone: Callable[[], Microphone] | None

    def check(self) -> None:
        """Names, options and libraries, so that a mistake in the configuration is not first met
        at the first trigger. Imports the drivers; opens nothing of the machine.

        Raises `HalError`.
        """
        self.open_camera().close()
        if self.open_microphone is not None:
            self.open_microphone().close()


def make_sources(configuration: Configuration, clock: Clock) -> Sources:
    """How to open camera and microphone as configured. Imports no driver yet: numpy alone takes
    as long as the rest of an agent, which has no picture in it."""
    camera, microphone = configuration.parts.camera, configuration.parts.microphone

    def open_camera() -> Camera:
        options = with_wishes("camera", camera, _picture_wishes(configuration))
        return registry.open_camera(camera.driver, clock=clock, options=options)

    def open_microphone() -> Microphone:
        wishes = {"rate_hz": configuration.sound.rate_hz}
        options = with_wishes("microphone", microphone, wishes)
        return registry.open_microphone(microphone.driver, clock=clock, options=options)

    return Sources(open_camera, None if microphone.absent else open_microphone)


def _picture_wishes(configuration: Configuration) -> dict[str, object]:
    video = configuration.video
    return {
        "width_px": video.width_px,
        "height_px": video.height_px,
        "rate_hz": video.rate_hz,
        # Of cameras that encode.
        "bitrate_bps": video.bitrate_bps,
        "key_frame_interval_s": video.key_frame_interval_s,
    }


def with_wishes(kind: str, choice: PartChoice, wishes: Mapping[str, object]) -> dict[str, object]:
    """The driver's options, with size and rate from `[video]` and `[sound]` where it takes
    them and its own options do not say otherwise."""
    known: Mapping[str, object] = {}
    with suppress(HalError):  # making the part says it better
        known = registry.options_of(registry.find(kind, choice.driver))
    return {**{name: wish for name, wish in wishes.items() if name in known}, **choice.options}
