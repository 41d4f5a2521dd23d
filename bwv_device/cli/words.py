"""What the recorder reports and the dock tells, in words for a person at a terminal: a table.

Who uses it: the live view. What has no row here is seen otherwise, or is for the journal alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bwv_device.agent.agent import Observation
from bwv_device.dock import events as dock
from bwv_device.media import messages


class Tone(StrEnum):
    """How loud it is said; the value is rich's style."""

    PLAIN = ""
    WARNING = "yellow"
    ALARM = "bold red"


@dataclass(frozen=True, slots=True)
class _Row:
    tone: Tone
    words: Callable[[Any], str]


def _message(report: Any) -> str:
    return str(report.message)


def _text(event: Any) -> str:
    return str(event.text)


def _overloaded(report: messages.Overloaded) -> str:
    rates = f"{report.rate_hz:.1f} of {report.full_rate_hz:.1f}"
    return f"encoding is too slow: {rates} frames/s are kept"


def _key_frames_seldom(report: messages.KeyFramesSeldom) -> str:
    came, asked = f"{report.came_s:.1f} s", f"{report.asked_s:.1f} s"
    return f"the camera gives a key frame each {came} only, {asked} were asked"


def _clip_opened(report: messages.ClipOpened) -> str:
    lead_up = f"{report.pre_record_delivered_s:.2f} s lead-up"
    return f"clip begun: {name_of(report.file)}, {lead_up}"


def _clip_closed(clip: messages.ClipClosed) -> str:
    lost = f", {clip.frames_dropped} lost" if clip.frames_dropped else ""
    about = f"{clip.duration_s:.2f} s, {clip.frames} frames{lost} ({clip.end_reason})"
    return f"clip closed: {name_of(clip.file)}, {about}"


_ROWS: dict[type, _Row] = {
    messages.CaptureFailed: _Row(Tone.ALARM, _message),
    messages.CameraLost: _Row(Tone.ALARM, _message),
    messages.RecorderLost: _Row(Tone.ALARM, _message),
    messages.CardSilent: _Row(Tone.ALARM, _message),
    messages.SoundFailed: _Row(Tone.ALARM, _message),
    messages.WritingFailed: _Row(Tone.ALARM, _message),
    messages.PacketsLost: _Row(Tone.ALARM, lambda it: f"{it.frames} frames lost: slow disk"),
    messages.SigningFailed: _Row(Tone.ALARM, lambda it: f"not signed: {it.message}"),
    messages.SoundLost: _Row(Tone.ALARM, lambda it: f"{it.seconds:.2f} s of sound lost"),
    messages.Overloaded: _Row(Tone.WARNING, _overloaded),
    messages.KeyFramesSeldom: _Row(Tone.WARNING, _key_frames_seldom),
    messages.MemoryShort: _Row(Tone.WARNING, _message),
    messages.MemoryLow: _Row(
        Tone.WARNING,
        lambda it: f"memory is short: {it.ring_bytes / 1e6:.1f} MB of pre-record at most",
    ),
    messages.CameraBack: _Row(Tone.PLAIN, lambda it: f"the camera is back after {it.gap_s:.1f} s"),
    messages.RecorderBack: _Row(
        Tone.PLAIN, lambda it: f"the recorder is back after {it.gap_s:.1f} s"
    ),
    messages.SoundBack: _Row(
        Tone.PLAIN, lambda it: f"the microphone is back after {it.gap_s:.1f} s"
    ),
    messages.CardBack: _Row(Tone.PLAIN, lambda _: "the card answers again"),
    messages.OverloadOver: _Row(
        Tone.PLAIN, lambda it: f"every frame is kept again; {it.frames} were left out"
    ),
    messages.MemoryWell: _Row(
        Tone.PLAIN, lambda _: "memory is well again: the whole pre-record is kept"
    ),
    messages.RoomMade: _Row(
        Tone.PLAIN, lambda it: f"{len(it.files)} clips freed that a server holds"
    ),
    messages.ClipOpened: _Row(Tone.PLAIN, _clip_opened),
    messages.ClipClosed: _Row(Tone.PLAIN, _clip_closed),
    dock.ClipSent: _Row(
        Tone.PLAIN, lambda it: f"at the server, proved by {it.proof}: {name_of(it.clip.file)}"
    ),
    dock.Purged: _Row(Tone.PLAIN, lambda it: f"freed on the camera: {name_of(it.clip.file)}"),
    dock.Problem: _Row(Tone.WARNING, _text),
    dock.Waiting: _Row(Tone.WARNING, _text),
}


def words_of(observation: Observation) -> tuple[Tone, str] | None:
    """How to say it; None where a person is not told."""
    row = _ROWS.get(type(observation))
    return (row.tone, row.words(observation)) if row else None


def name_of(file: str) -> str:
    """A clip's own name, without the folders of the store."""
    return file.rsplit("/", 1)[-1]
