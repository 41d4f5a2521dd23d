"""What a clip's times are worth: how far from UTC, and what became known only later.

Who uses it: the recorder at a clip's start, the dock client and `bwv clips` for what they state.
Nothing is ever stamped anew: all UTC times of a recording come from one difference of UTC and
monotonic time, read at its trigger, and what was learnt afterwards stands beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bwv_device.evidence.records import Clip, Recording

TOLERANCE_PPM = 500
"""Monotonic time may run wrong by so much where nobody steers it: the figure by which Linux lets
its own bound grow (MAXFREQ)."""


@dataclass(frozen=True, slots=True)
class ClockCorrection:
    """UTC was stepped, or became synchronised, while this program watched."""

    clock_run: str
    """As `Recording.clock_run`: monotonic times of one run can be compared."""
    at_monotonic_ns: int
    """When it was seen, a second after it happened at most, and as long as a sync may take."""
    offset_before_ns: int
    """UTC less monotonic time."""
    offset_after_ns: int
    error_before_ns: int | None
    """Bound on the error of UTC; None where nobody knew it."""
    error_after_ns: int | None

    @property
    def step_ns(self) -> int:
        """How far UTC was set forward; negative for back."""
        return self.offset_after_ns - self.offset_before_ns


class UtcBasis(StrEnum):
    """How a recording came by its UTC."""

    SYNCHRONISED = "Synchronised"
    """Somebody answered for UTC at the trigger."""
    CORRECTED = "Corrected"
    """Nobody did, or wrongly, and the right time became known later."""
    UNSYNCHRONISED = "Unsynchronised"
    """Nobody ever answered for it."""


@dataclass(frozen=True, slots=True)
class UtcStatement:
    """What can be said of the UTC at which a clip starts, by its journal."""

    basis: UtcBasis
    error_ns: int | None
    """The stated time is this far from UTC at most; None where nobody knows."""
    correction_ns: int | None = None
    """With `CORRECTED`: what has to be added to each time of the recording."""
    corrected_error_ns: int | None = None
    """With `CORRECTED`: how far from UTC the start then is at most."""


def error_at(error_ns: int, apart_ns: int) -> int:
    """A bound that was read so long before or after, with what the clock may have run wrong."""
    return error_ns - (-abs(apart_ns) * TOLERANCE_PPM // 1_000_000)


def utc_statement(
    recording: Recording, clip: Clip, corrections: Sequence[ClockCorrection]
) -> UtcStatement | None:
    """What the times of `clip` are worth; None for a recording that was taken over from files
    or written by an older version, which do not say."""
    if recording.utc_offset_ns is None:
        return None
    start_ns = clip.start_utc_ns - recording.utc_offset_ns
    found = correction_of(recording, corrections)
    if found is not None and found.error_after_ns is not None:
        correction_ns = found.offset_after_ns - recording.utc_offset_ns
        left_ns = error_at(found.error_after_ns, start_ns - found.at_monotonic_ns)
        error_ns = left_ns + abs(correction_ns)
        return UtcStatement(UtcBasis.CORRECTED, error_ns, correction_ns, left_ns)
    if recording.utc_error_ns is not None:
        return UtcStatement(UtcBasis.SYNCHRONISED, _known_error_ns(recording, clip, start_ns))
    return UtcStatement(UtcBasis.UNSYNCHRONISED, None)


def correction_of(
    recording: Recording, corrections: Sequence[ClockCorrection]
) -> ClockCorrection | None:
    """The newest correction since the trigger that has a bound, if it says anything that was not
    known at the trigger: nothing was, or it contradicts what was."""
    known = [
        each for each in since_trigger(recording, corrections) if each.error_after_ns is not None
    ]
    if recording.utc_offset_ns is None or not known:
        return None
    newest = known[-1]
    if recording.utc_error_ns is None or newest.error_after_ns is None:
        return newest
    apart_ns = newest.at_monotonic_ns - _trigger_ns(recording)
    both_ns = error_at(recording.utc_error_ns + newest.error_after_ns, apart_ns)
    contradicts = abs(newest.offset_after_ns - recording.utc_offset_ns) > both_ns
    return newest if contradicts else None


def since_trigger(
    recording: Recording, corrections: Sequence[ClockCorrection]
) -> list[ClockCorrection]:
    """Those that were seen after the trigger, by the same run of the program, in order."""
    if recording.utc_offset_ns is None:
        return []
    trigger_ns = _trigger_ns(recording)
    return [
        each
        for each in corrections
        if each.clock_run == recording.clock_run and each.at_monotonic_ns >= trigger_ns
    ]


def steps_after_trigger(
    recording: Recording, corrections: Sequence[ClockCorrection]
) -> list[tuple[int, int]]:
    """Nanoseconds from the trigger, and how far UTC was set forward then, while it recorded."""
    end_utc_ns = recording.trigger_off_utc_ns
    trigger_ns = _trigger_ns(recording)
    length_ns = None if end_utc_ns is None else end_utc_ns - recording.trigger_on_utc_ns
    found = [
        (each.at_monotonic_ns - trigger_ns, each.step_ns)
        for each in since_trigger(recording, corrections)
    ]
    return [(at_ns, step_ns) for at_ns, step_ns in found if length_ns is None or at_ns <= length_ns]


def _trigger_ns(recording: Recording) -> int:
    """Monotonic time of the trigger."""
    return recording.trigger_on_utc_ns - (recording.utc_offset_ns or 0)


def _known_error_ns(recording: Recording, clip: Clip, start_ns: int) -> int:
    """What was read when the clip was opened, or else at the trigger."""
    if clip.start_utc_error_ns is not None:
        return clip.start_utc_error_ns
    assert recording.utc_error_ns is not None
    return error_at(recording.utc_error_ns, start_ns - _trigger_ns(recording))
