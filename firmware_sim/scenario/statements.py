"""What an expectation says: a small language, as a table of words.

Who uses it: the run of a scenario. A statement is `SUBJECT OPERATOR VALUE`, or a subject and a
word. Read before anything happens, so that a typo is told before the shift is over.
"""

import difflib
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.firmware.commands import LightName
from firmware_sim.camera.camera import SimulatedCamera
from firmware_sim.errors import ScenarioError
from hal.interfaces.clock import NS_PER_S

Value = float | str
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def _clips(camera: SimulatedCamera) -> list[Clip]:
    return [clip for _recording, clips in camera.recordings() for clip in clips]


def _first_s(camera: SimulatedCamera, of: Callable[[Clip], int | None]) -> float:
    clips = _clips(camera)
    return (of(clips[0]) or 0) / NS_PER_S if clips else 0.0


def _on(camera: SimulatedCamera, light: LightName) -> str:
    return "on" if camera.board.indicators.is_lit(light) else "off"


WORDS: Mapping[str, Callable[[SimulatedCamera], str]] = {
    "state": lambda camera: camera.state.value,
    "red_light": lambda camera: _on(camera, LightName.RECORDING),
    "status_light": lambda camera: _on(camera, LightName.STATUS),
}
"""Subjects that have a word."""

NUMBERS: Mapping[str, Callable[[SimulatedCamera], float]] = {
    "recordings": lambda camera: len(camera.recordings()),
    "clips": lambda camera: len(_clips(camera)),
    "clips_freed": lambda camera: sum(
        clip.state is ClipState.PURGED and clip.end_reason is not EndReason.NOTHING_RECORDED
        for clip in _clips(camera)
    ),
    "recordings_complete": lambda camera: sum(
        recording.completed_utc_ns is not None for recording, _clips in camera.recordings()
    ),
    "bookmarks": lambda camera: camera.bookmarks(),
    "battery": lambda camera: camera.board.battery.charge,
    "frames_dropped": lambda camera: sum(clip.frames_dropped or 0 for clip in _clips(camera)),
    "pre_record_s": lambda camera: _first_s(camera, lambda clip: clip.pre_record_delivered_ns),
    "duration_s": lambda camera: sum(clip.duration_ns or 0 for clip in _clips(camera)) / NS_PER_S,
}
"""Subjects that have a number; the clips are those on the card."""

PATTERNS: Mapping[str, Callable[[SimulatedCamera, str], bool]] = {
    "heard": lambda camera, word: word in camera.board.indicators.sounds,
    "told": lambda camera, word: any(word in str(fact) for fact in camera.log.facts),
    "end_reason": lambda camera, word: (
        bool(_clips(camera)) and _clips(camera)[-1].end_reason == word
    ),
}
"""Subjects that hold or not, of a word: `heard recording_started`."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`holds` looks; `found` says what there is instead."""

    text: str
    holds: Callable[[SimulatedCamera], bool]
    found: Callable[[SimulatedCamera], Value]


def read_statement(text: str) -> Statement:
    """Raises `ScenarioError` that says which words there are."""
    words = text.split(maxsplit=2)
    if len(words) == 3 and words[0] in NUMBERS and words[1] in _OPERATORS:
        return _number(text, NUMBERS[words[0]], _OPERATORS[words[1]], words[2])
    if len(words) == 2 and words[0] in WORDS:
        subject, wanted = WORDS[words[0]], words[1]
        return Statement(text, lambda camera: subject(camera) == wanted, subject)
    if len(words) >= 2 and words[0] in PATTERNS:
        pattern, wanted = PATTERNS[words[0]], text.split(maxsplit=1)[1]
        return Statement(text, lambda camera: pattern(camera, wanted), lambda _camera: "it is not")
    raise ScenarioError(f"{text!r} says nothing that can be looked at{_help(words[0])}")


def _number(
    text: str,
    subject: Callable[[SimulatedCamera], float],
    compare: Callable[[float, float], bool],
    value: str,
) -> Statement:
    try:
        wanted = float(value)
    except ValueError as error:
        raise ScenarioError(f"{text!r}: {value!r} is no number") from error
    return Statement(text, lambda camera: compare(subject(camera), wanted), subject)


def _help(word: str) -> str:
    known = [*WORDS, *NUMBERS, *PATTERNS]
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f": did you mean {near[0]!r}?"
    return f": a statement is one of {', '.join(known)}, with {' '.join(_OPERATORS)} or a word"
