"""What a recording's and a clip's times are worth, as metadata.

Who uses it: `describe`. Everything here is a plain function of its arguments.
"""

from collections.abc import Sequence

from bwv_device.evidence.records import Clip, Recording
from bwv_device.evidence.utc import (
    ClockCorrection,
    correction_of,
    steps_after_trigger,
    utc_statement,
)
from bwv_device.protocol.keys import ContainerKey, ObjectKey
from bwv_device.protocol.times import rfc3339_ms, seconds, seconds_up, signed_seconds


def of_recording(recording: Recording, corrections: Sequence[ClockCorrection]) -> dict[str, str]:
    """When UTC was set meanwhile, and what has to be added to all times; empty where nothing is."""
    steps = [
        f"{seconds(at_ns)}:{signed_seconds(step_ns)}"
        for at_ns, step_ns in steps_after_trigger(recording, corrections)
    ]
    values: dict[str, str] = {ContainerKey.CLOCK_STEPS: ",".join(steps)}
    found = correction_of(recording, corrections)
    if found is not None and recording.utc_offset_ns is not None:
        correction_ns = found.offset_after_ns - recording.utc_offset_ns
        values[ContainerKey.CLOCK_CORRECTION_S] = signed_seconds(correction_ns)
    return values


def of_clip(
    recording: Recording, clip: Clip, corrections: Sequence[ClockCorrection]
) -> dict[str, str]:
    """The exact start, its error, and the drift of the microphone; empty what is not known."""
    values: dict[str, str] = {ObjectKey.START_TIME_EXACT: rfc3339_ms(clip.start_utc_ns)}
    if clip.drift_ppm is not None:
        values[ObjectKey.DRIFT_PPM] = f"{clip.drift_ppm:+.1f}"
    said = utc_statement(recording, clip, corrections)
    if said is not None:
        values[ObjectKey.START_TIME_BASIS] = said.basis.value
        values[ObjectKey.START_TIME_ERROR_S] = _bound(said.error_ns)
        values[ObjectKey.CLOCK_CORRECTION_ERROR_S] = _bound(said.corrected_error_ns)
        if said.correction_ns is not None:
            values[ObjectKey.CLOCK_CORRECTION_S] = signed_seconds(said.correction_ns)
    return values


def _bound(error_ns: int | None) -> str:
    return "" if error_ns is None else seconds_up(error_ns)
