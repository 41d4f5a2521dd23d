"""The parts that the configuration names, and the rights on the machine's devices."""

import grp
import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import hal.interfaces.part
from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.configuration import Configuration
from bwv_device.configuration.parts import Part
from hal.errors import HalError
from hal.interfaces.clock import Clock
from hal.registry import find, is_available, open_clock, open_part

KIND_OF = {"recording_light": "light", "status_light": "light"}
"""Parts of the configuration that are another kind of part by name; others are their own."""

VIDEO_GROUP = "video"
VIDEO_NODES = "video*"


def parts(configuration: Configuration) -> Iterator[Finding]:
    """Each configured part can be made: its driver exists, with its library and options."""
    clock = open_clock()
    for name in type(configuration.parts).model_fields:
        part: Part = getattr(configuration.parts, name)
        if part.absent:
            yield Finding(name, Health.OK, "none, by configuration")
        else:
            yield _part(name, part, clock)


def _part(name: str, part: Part, clock: Clock) -> Finding:
    """Making a part opens nothing of the machine, so it may be tried."""
    kind = KIND_OF.get(name, name)
    try:
        made = cast(
            hal.interfaces.part.Part,
            open_part(kind, part.driver, clock=clock, options=part.options),
        )
    except HalError as error:
        cure = f"correct [parts.{name}], or install what is missing"
        return Finding(name, Health.MISSING, str(error), cure)
    made.close()
    return Finding(name, Health.OK, f"{part.driver}: {find(kind, part.driver).summary}")


def portaudio(_: Configuration) -> Iterator[Finding]:
    """PortAudio, which sound cards need, whether this configuration uses it or not."""
    trouble = is_available(find("microphone", "sounddevice"))
    if trouble is None:
        yield Finding("PortAudio", Health.OK, "found; sound cards can be used")
    else:
        cure = "sudo apt install libportaudio2"
        yield Finding("PortAudio", Health.WARN, f"sound cards can't be used: {trouble}", cure)


def video_devices(configuration: Configuration, root: Path = Path("/dev")) -> Iterator[Finding]:
    """The video devices of the machine and the right to open them."""
    wanted = configuration.parts.camera.driver == "opencv"
    bad = Health.MISSING if wanted else Health.WARN
    nodes = sorted(root.glob(VIDEO_NODES))
    if not nodes:
        cure = "plug a camera in, or set parts.camera.driver to scene or file"
        yield Finding("video devices", bad if _local(configuration) else Health.WARN, "none", cure)
        return
    barred = [str(node) for node in nodes if not os.access(node, os.R_OK | os.W_OK)]
    if barred:
        cure = f"sudo usermod -aG {VIDEO_GROUP} $USER, then log in again"
        seen = f"may not be opened: {', '.join(barred)} (in group {VIDEO_GROUP}: {_in_group()})"
        yield Finding("video devices", bad, seen, cure)
    else:
        names = ", ".join(str(node) for node in nodes)
        yield Finding("video devices", Health.OK, f"may be opened: {names}")


def _local(configuration: Configuration) -> bool:
    """Whether the configured camera is a device of this machine, and not one by URL."""
    camera = configuration.parts.camera
    by_url = any("://" in str(value) for value in camera.options.values())
    return camera.driver == "opencv" and not by_url


def _in_group() -> str:
    try:
        group = grp.getgrnam(VIDEO_GROUP)
    except KeyError:
        return "there is no such group"
    return "yes" if group.gr_gid in {*os.getgroups(), os.getegid()} else "no"
