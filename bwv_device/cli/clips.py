"""`bwv clips`: lists what the store holds, beside a running agent or without one."""

import argparse
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from bwv_device.cli.account_json import account_json
from bwv_device.cli.command import Command
from bwv_device.cli.printing import console, counted, harmless, table
from bwv_device.cli.store_option import add_store_option, store_folder
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip, ClipState, Recording
from bwv_device.evidence.utc import ClockCorrection, utc_statement
from bwv_device.protocol.times import rfc3339, rfc3339_ms

_NS_PER_S = 1_000_000_000
_STYLES = {
    ClipState.RECORDING: "red",
    ClipState.FINALISED: "yellow",
    ClipState.SENDING: "cyan",
    ClipState.ACKNOWLEDGED: "green",
    ClipState.PURGED: "dim",
}
_HEADINGS = (
    *("clip", "trigger", "state", "start", "length", "frames", "lost"),
    *("pre-rec.", "end", "size"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A clip with the recording that it belongs to."""

    recording: Recording
    clip: Clip
    receipt_number: int | None
    """Of the destination's receipt that covers it."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `bwv clips`."""
    add_store_option(parser)
    parser.add_argument(
        "--state",
        action="append",
        choices=[state.value for state in ClipState],
        help="only clips in this state; may be given several times",
    )


def run(args: argparse.Namespace) -> int:
    """Print the clips; 0, or what `main` makes of an error."""
    folder = store_folder(args)
    with closing(Journal.open_for_reading(folder)) as journal:
        lines = list(_lines(journal, args.state))
        corrections = journal.clock_corrections()
    if args.json:
        clips = [_object(line) | _clocks(line, corrections) for line in lines]
        print(json.dumps({"ok": True, "store": str(folder), "clips": clips}))
    else:
        _print(lines, corrections)
    return 0


def _lines(journal: Journal, states: list[str] | None) -> Iterator[Line]:
    # Clips first: whatever a running agent adds meanwhile, each clip has its recording.
    clips = journal.clips()
    recordings = {recording.id: recording for recording in journal.recordings()}
    numbers = {receipt.id: receipt.number for receipt in journal.receipts()}
    for clip in clips:
        if states is None or clip.state in states:
            number = None if clip.receipt_id is None else numbers[clip.receipt_id]
            yield Line(recordings[clip.recording_id], clip, number)


def _object(line: Line) -> dict[str, Any]:
    """A clip for machines; what is not known yet is null."""
    recording, clip = line.recording, line.clip
    return {
        "recording": recording.id,
        "container": recording.container,
        "trigger_time": rfc3339_ms(recording.trigger_on_utc_ns),
        "clip": clip.number,
        "file": clip.file,
        "state": clip.state.value,
        "start_time": rfc3339_ms(clip.start_utc_ns),
        "duration_s": _seconds(clip.duration_ns),
        "frames": clip.frames,
        "frames_dropped": clip.frames_dropped,
        "frames_skipped": clip.frames_skipped,
        "overload": clip.overload,
        "picture_stream": clip.picture_stream,
        "pre_record_asked_s": _seconds(recording.pre_record_asked_ns),
        "pre_record_delivered_s": _seconds(clip.pre_record_delivered_ns),
        "pre_record_short_reason": clip.pre_record_short_reason,
        **account_json(clip),
        "end_reason": clip.end_reason.value if clip.end_reason else None,
        "bytes": clip.bytes,
        "sha256": clip.sha256,
        "sealed": clip.sealed,
        "clear_sha256": clip.clear_sha256,
        "destination": clip.destination,
        "receipt_number": line.receipt_number,
        "waits_for_receipt": clip.awaits_receipt,
        "problem": clip.problem,
    }


def _clocks(line: Line, corrections: list[ClockCorrection]) -> dict[str, Any]:
    """What the clip's start is worth as a time of day, and how the microphone's clock ran."""
    said = utc_statement(line.recording, line.clip, corrections)
    return {
        "start_time_basis": said.basis.value if said else None,
        "start_time_error_s": _seconds(said.error_ns) if said else None,
        "clock_correction_s": _seconds(said.correction_ns) if said else None,
        "clock_correction_error_s": _seconds(said.corrected_error_ns) if said else None,
        "drift_ppm": None if line.clip.drift_ppm is None else round(line.clip.drift_ppm, 1),
    }


def _print(lines: list[Line], corrections: list[ClockCorrection]) -> None:
    out = console()
    listed = table(*_HEADINGS)
    for column in listed.columns:
        column.no_wrap = column.header != "trigger"
    for line in lines:
        listed.add_row(*_cells(line))
    if lines:
        out.print(listed)
    for line in lines:
        for remark in _remarks(line, corrections):
            out.print(f"{_name(line)}: ", remark, sep="")
    kept = [line.clip for line in lines if line.clip.state is not ClipState.PURGED]
    size = sum(clip.bytes or 0 for clip in kept)
    out.print(f"{counted(len(lines), 'clip')}, {len(kept)} of them on this device ({_size(size)})")


def _cells(line: Line) -> Iterator[Text | str]:
    recording, clip = line.recording, line.clip
    yield _name(line)
    # A blank instead of the T: a narrow terminal breaks the line there.
    yield rfc3339(recording.trigger_on_utc_ns).replace("T", " ")
    yield Text(clip.state.value, style=_STYLES[clip.state])
    yield rfc3339(clip.start_utc_ns).partition("T")[2]
    yield "" if clip.duration_ns is None else f"{clip.duration_ns / _NS_PER_S:.2f} s"
    yield "" if clip.frames is None else str(clip.frames)
    yield _dropped(clip)
    yield _pre_record(line)
    yield clip.end_reason.value if clip.end_reason else ""
    yield _size(clip.bytes)


def _name(line: Line) -> str:
    """Number of the recording, and of the clip in it."""
    return f"{line.recording.id}/{line.clip.number}"


def _dropped(clip: Clip) -> Text:
    if clip.frames_dropped is None:
        return Text("")
    return Text(str(clip.frames_dropped), style="bold red" if clip.frames_dropped else "")


def _pre_record(line: Line) -> str:
    """Delivered of asked; a later clip of a recording has none and should have none."""
    if line.clip.number > 1:
        return ""
    delivered_s = line.clip.pre_record_delivered_ns / _NS_PER_S
    return f"{delivered_s:.1f}/{line.recording.pre_record_asked_ns / _NS_PER_S:.0f} s"


def _remarks(line: Line, corrections: list[ClockCorrection]) -> Iterator[Text]:
    """What a person has to know: why a clip does not move on, what is missing in it, why
    pre-record is short, by how much its times are wrong."""
    if line.clip.problem:
        yield harmless(line.clip.problem, style="bold red")
    elif line.clip.awaits_receipt:
        yield Text("it waits for its destination's receipt: dock the camera again", style="yellow")
    if line.clip.sealed:
        yield Text("sealed: only the destination's private key opens it", style="dim")
    if line.clip.picture_stream:
        yield harmless(line.clip.picture_stream, style="dim")
    if line.clip.frames_skipped:
        when = f" (s@frames/s: {line.clip.overload})" if line.clip.overload else ""
        text = f"{line.clip.frames_skipped} frames left out, encoding did not keep up{when}"
        yield harmless(text, style="yellow")
    yield from map(Text, _missing(line.clip))
    if line.clip.number == 1 and line.clip.pre_record_short_reason:
        yield harmless(f"pre-record is short: {line.clip.pre_record_short_reason}", style="dim")
    said = utc_statement(line.recording, line.clip, corrections)
    if said is not None and said.correction_ns is not None:
        add_s = said.correction_ns / _NS_PER_S
        yield Text(f"the clock was wrong: add {add_s:+.3f} s to its times", style="dim")


def _missing(clip: Clip) -> Iterator[str]:
    if clip.account is None:
        return
    pictures, silent_ns = clip.account.pictures, clip.account.sound_lost_ns
    if pictures.camera_lost_ns:
        yield f"the camera was lost for {pictures.camera_lost_ns / _NS_PER_S:.1f} s"
    if pictures.gap_count:
        yield f"{counted(pictures.gap_count, 'gap')} in the picture"
    if silent_ns:
        yield f"{silent_ns / _NS_PER_S:.2f} s of sound are missing"


def _seconds(ns: int | None) -> float | None:
    return None if ns is None else ns / _NS_PER_S


def _size(size_bytes: int | None) -> str:
    return "" if size_bytes is None else f"{size_bytes / 1e6:.1f} MB"


COMMAND = Command("clips", "list the clips of the store", configure, run)
