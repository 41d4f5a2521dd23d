"""What the `sounddevice` drivers share: how PortAudio's errors read to a person."""

import sounddevice

from hal.errors import DeviceMissingError

Device = int | str | None
"""A PortAudio device: index, part of its name, None for the system's usual one."""


def missing(title: str, device: Device, kind: str, error: Exception) -> DeviceMissingError:
    """The error for a device of `kind` "input" or "output" that can't be used, with those that
    there are."""
    wanted = "usual" if device is None else repr(device)
    there = ", ".join(device_names(kind)) or "none"
    return DeviceMissingError(
        f"{title}: the {wanted} {kind} can't be used ({error}); {kind}s here: {there}"
    )


def device_names(kind: str) -> list[str]:
    """The names of all devices with channels of `kind` "input" or "output"."""
    channels = f"max_{kind}_channels"
    return [str(each["name"]) for each in sounddevice.query_devices() if each[channels] > 0]
