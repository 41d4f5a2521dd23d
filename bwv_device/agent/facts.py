"""What a command, a report of the recorder or an event of the dock is in the ledger: a table.

Who uses it: the agent. What has no row is entered all the same, by its name and its own words:
nothing is left out but what is named in `_NOT_ENTERED`.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bwv_device.dock import events as dock
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.firmware import commands
from bwv_device.media import messages
from hal.interfaces.battery import BatteryReading

TEXT_MAX = 1000
"""Characters of what others have written."""

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A fact without its time."""

    kind: Kind
    data: Data
    at_ns: int | None = None
    """Monotonic, where it was not just now."""


def said_of(observation: object) -> Iterator[Said]:
    """The facts that an observation is."""
    if type(observation) in _NOT_ENTERED:
        return
    row = _ROWS.get(type(observation))
    if row is not None:
        yield from row(observation)
    else:
        yield _other(observation)


def battery_said(reading: BatteryReading) -> Said:
    """A reading of the gauge."""
    data = {"charge": reading.charge, "charging": reading.charging, "left_s": reading.left_s}
    return Said(Kind.BATTERY, {name: _finite(value) for name, value in data.items()})


def clipped(text: object) -> str:
    """Text of others, of a length that the ledger takes."""
    return str(text)[:TEXT_MAX]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _other(observation: object) -> Said:
    what, kind = (
        type(observation).__name__,
        _BY_MODULE.get(type(observation).__module__, Kind.EVENT),
    )
    return Said(kind, {"what": what, "text": clipped(observation)})


def _light(command: commands.ShowLight) -> Iterator[Said]:
    pattern = command.pattern
    data = {"light": command.light.value, "colour": pattern.colour}
    yield Said(Kind.LIGHT, {**data, "on_s": pattern.on_s, "off_s": pattern.off_s})


def _sound(command: commands.PlaySound) -> Iterator[Said]:
    yield Said(Kind.SOUND, {"name": command.name, "beeps": len(command.pattern)})


def _haptic(command: commands.Vibrate) -> Iterator[Said]:
    yield Said(Kind.HAPTIC, {"name": command.name, "pulses": len(command.pattern)})


def _screen(command: commands.ShowScreen) -> Iterator[Said]:
    yield Said(Kind.SCREEN, {"heading": clipped(command.screen.heading)})


def _note(note: commands.Note) -> Iterator[Said]:
    text = clipped(note.text)
    if note.entered is None:
        yield Said(Kind.EVENT, {"note": note.kind.value, "text": text}, note.at_ns)
    else:
        yield Said(Kind.STATE, {"state": note.entered.value, "text": text}, note.at_ns)


def _work(command: Any) -> Iterator[Said]:
    """Work that was asked for, by name, with the fields of the command."""
    data = {name: getattr(command, name) for name in command.__dataclass_fields__}
    yield Said(Kind.COMMAND, {"command": type(command).__name__, **data})


def _fault(report: Any) -> Iterator[Said]:
    yield Said(Kind.FAULT, {"what": type(report).__name__, "text": _words(report)})


def _fault_over(report: Any) -> Iterator[Said]:
    yield Said(Kind.FAULT_OVER, {"what": type(report).__name__, "text": _words(report)})


def _words(report: Any) -> str:
    return clipped(getattr(report, "message", None) or report)


def _clip_opened(report: messages.ClipOpened) -> Iterator[Said]:
    lead_up_s = report.pre_record_delivered_s
    yield Said(Kind.CLIP_OPENED, {"file": report.file, "pre_record_s": lead_up_s})


def _clip_closed(report: messages.ClipClosed) -> Iterator[Said]:
    yield Said(Kind.CLIP_FINALISED, {"file": report.file})


def _room_made(report: messages.RoomMade) -> Iterator[Said]:
    for file in report.files:
        yield Said(Kind.CLIP_FREED, {"file": file})


def _utc_changed(report: messages.UtcChanged) -> Iterator[Said]:
    yield Said(Kind.CLOCK, {"step_s": report.step_s, "error_s": report.error_s}, report.at_ns)


def _purged(event: dock.Purged) -> Iterator[Said]:
    yield Said(Kind.CLIP_FREED, {"file": event.clip.file})


def _connected(event: dock.Connected) -> Iterator[Said]:
    yield Said(Kind.DOCK, {"what": "Connected", "text": clipped(event.site_name)})


def _clip_sent(event: dock.ClipSent) -> Iterator[Said]:
    data = {"file": event.clip.file, "container": event.container, "proof": event.proof.value}
    yield Said(Kind.DOCK, {"what": "ClipSent", **data})


def _completed(event: dock.RecordingCompleted) -> Iterator[Said]:
    data = {"container": event.recording.container, "clips": event.clip_count}
    yield Said(Kind.DOCK, {"what": "RecordingCompleted", **data, "missing": list(event.missing)})


def _problem(event: dock.Problem) -> Iterator[Said]:
    yield Said(Kind.DOCK, {"what": "Problem", "text": clipped(event.text)})


def _finished(event: dock.Finished) -> Iterator[Said]:
    made = event.summary
    data = {"clips_sent": made.clips_sent, "clips_left": made.clips_left}
    yield Said(Kind.DOCK, {"what": "Finished", **data, "problems": len(made.problems)})


_ROWS: Mapping[type, Callable[[Any], Iterator[Said]]] = {
    commands.ShowLight: _light,
    commands.PlaySound: _sound,
    commands.Vibrate: _haptic,
    commands.ShowScreen: _screen,
    commands.Note: _note,
    **dict.fromkeys(
        (
            *(commands.Arm, commands.Disarm, commands.StartRecording, commands.StopRecording),
            *(commands.MarkBookmark, commands.BeginDocking, commands.EndDocking),
            commands.PowerOff,
        ),
        _work,
    ),
    **dict.fromkeys(
        (
            *(messages.CaptureFailed, messages.CameraLost, messages.RecorderLost),
            *(messages.CannotBegin, messages.SigningFailed),
            *(messages.CardSilent, messages.SoundFailed, messages.WritingFailed),
            *(messages.PacketsLost, messages.SoundLost, messages.Overloaded),
            *(messages.MemoryLow, messages.MemoryShort, messages.KeyFramesSeldom),
            messages.SigningFailed,
        ),
        _fault,
    ),
    **dict.fromkeys(
        (
            *(messages.CaptureReturned, messages.CameraBack, messages.RecorderBack),
            *(messages.CardBack, messages.SoundBack, messages.OverloadOver),
            messages.MemoryWell,
        ),
        _fault_over,
    ),
    messages.ClipOpened: _clip_opened,
    messages.ClipClosed: _clip_closed,
    messages.RoomMade: _room_made,
    messages.UtcChanged: _utc_changed,
    dock.Purged: _purged,
    dock.Connected: _connected,
    dock.ClipSent: _clip_sent,
    dock.RecordingCompleted: _completed,
    dock.Problem: _problem,
    dock.Finished: _finished,
}

_NOT_ENTERED = frozenset({dock.Progress})
"""Told after every block that is sent; what comes of it is told too."""

_BY_MODULE: Mapping[str, Kind] = {
    commands.__name__: Kind.COMMAND,
    messages.__name__: Kind.RECORDER,
    dock.__name__: Kind.DOCK,
}
