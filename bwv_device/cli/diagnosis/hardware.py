"""The parts that the configuration names, and the devices and rights of the machine."""

from collections.abc import Iterator
from typing import cast

import hal.interfaces.part
from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.configuration import Configuration
from bwv_device.configuration.parts import Part
from bwv_device.media.memory_need import memory_need
from hal.discovery import list_cameras, list_microphones
from hal.errors import HalError
from hal.interfaces.clock import Clock
from hal.registry import find, open_battery, open_clock, open_memory, open_part

KIND_OF = {"recording_light": "light", "status_light": "light"}
"""Parts of the configuration that are another kind of part by name; others are their own."""

NO_CAMERA_CURE = "plug a camera in, or set parts.camera.driver to scene or file"
NO_MICROPHONE_CURE = "plug a microphone in, or set parts.microphone.driver to none"


def parts(configuration: Configuration) -> Iterator[Finding]:
    """Each configured part can be made: its driver exists, with its library and options."""
    clock = open_clock()
    for name in type(configuration.parts).model_fields:
        part: Part = getattr(configuration.parts, name)
        if part.absent:
            yield Finding(name, Health.OK, "none, by configuration")
        else:
            yield _part(name, part, clock)


def battery(configuration: Configuration) -> Iterator[Finding]:
    """The gauge answers, and is one."""
    part = configuration.parts.battery
    if part.driver == "fixed":
        cure = "set parts.battery.driver to psutil if this machine has a gauge"
        yield Finding("battery gauge", Health.WARN, "none: a low battery is not noticed", cure)
        return
    try:
        gauge = open_battery(part.driver, clock=open_clock(), options=part.options)
        reading = gauge.read()
        gauge.close()
    except HalError as error:
        yield Finding("battery gauge", Health.MISSING, str(error), "set parts.battery.driver")
    else:
        yield Finding("battery gauge", Health.OK, f"reads {reading.charge:.0%}")


def memory(configuration: Configuration) -> Iterator[Finding]:
    """What the recorder may hold at most, against what is free."""
    part, need = configuration.parts.memory, memory_need(configuration)
    if part.absent:
        yield Finding(
            "memory", Health.WARN, f"not watched; needs {need}", "set parts.memory.driver"
        )
        return
    try:
        gauge = open_memory(part.driver, clock=open_clock(), options=part.options)
        reading = gauge.read()
        gauge.close()
    except HalError as error:
        yield Finding("memory", Health.WARN, str(error), "set parts.memory.driver")
        return
    seen = f"needs {need}; {reading.available_bytes / 1e6:.0f} MB are free"
    least_bytes = need.total_bytes + configuration.memory.least_free_bytes
    if reading.available_bytes < least_bytes:
        cure = "set pre_record.byte_ceiling lower, or end other programs"
        yield Finding("memory", Health.WARN, seen, cure)
    else:
        yield Finding("memory", Health.OK, seen)


def cameras(configuration: Configuration) -> Iterator[Finding]:
    """The machine's cameras and the right to open them; only `opencv` without a URL needs one."""
    found = list_cameras()
    needed = _needs_camera(configuration.parts.camera)
    lacking = Health.MISSING if needed else Health.WARN
    if not found:
        yield _none("cameras here", NO_CAMERA_CURE, needed=needed)
    for camera in found:
        name = f"{camera.path}: {camera.name}"
        if camera.problem is None:
            gives = f", gives {', '.join(camera.formats)}" if camera.formats else ""
            yield Finding("camera here", Health.OK, name + gives)
        else:
            yield Finding("camera here", lacking, name, camera.problem)


def microphones(configuration: Configuration) -> Iterator[Finding]:
    """The machine's microphones, through PortAudio; only `sounddevice` needs one."""
    found = list_microphones()
    needed = configuration.parts.microphone.driver == "sounddevice"
    lacking = Health.MISSING if needed else Health.WARN
    if found.problem is not None:
        yield Finding("PortAudio", lacking, found.problem, "sudo apt install libportaudio2")
    elif not found.found:
        yield _none("microphones here", NO_MICROPHONE_CURE, needed=needed)
    for microphone in found.found:
        usual = ", the usual one" if microphone.usual else ""
        seen = f"{microphone.index}: {microphone.name} ({microphone.rate_hz} Hz{usual})"
        yield Finding("microphone here", Health.OK, seen)


def _none(what: str, cure: str, *, needed: bool) -> Finding:
    if needed:
        return Finding(what, Health.MISSING, "none found", cure)
    return Finding(what, Health.OK, "none found, and none needed")


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


def _needs_camera(part: Part) -> bool:
    """Whether the configured camera is a device of this machine, and not a URL or a file."""
    if part.driver not in ("opencv", "h264"):
        return False
    source = str(part.options.get("source", "0"))
    is_url, is_device = "://" in source, source.isdigit() or source.startswith("/dev/")
    return not is_url and (part.driver == "opencv" or is_device)
