"""What recordings hold, against what was captured while they ran, told by decoding every clip.

Used by the long tests of the recorder that know when each frame was captured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip, ClipState, EndReason, Recording
from hal.interfaces.clock import NS_PER_S
from tests.support.lockstep import UTC_OFFSET_NS
from tests.support.measure import Measured, measure

RATE_HZ = 30
_SOUND_STEP_S = 1024 / 48_000
_NEAR_S = 1e-4
"""Times in a file are rounded to ticks of 11 us (picture) and 21 us (sound)."""


class Asked(Protocol):
    """A recording that was made; instants on the monotonic clock."""

    @property
    def on_ns(self) -> int: ...
    @property
    def trigger_ns(self) -> int: ...
    @property
    def stop_ns(self) -> int: ...
    @property
    def begin_handled_ns(self) -> int: ...


@dataclass(frozen=True)
class Verdict:
    """Of one recording."""

    clips: int
    frames: int
    lost: int
    wrong: int
    behind_stop: int
    sound_wrong: int
    journal_wrong: int
    delivered_s: float
    could_be_full: bool
    """Whether a key frame that is old enough had been captured."""
    is_unexplained: bool
    """Shorter than asked, and without a reason, or without all that was captured."""
    overlaps: bool
    """Begun while the clip before was still open: neither all of its pictures nor all of its
    sound can have come by then."""


def judge(store: Path, asked: Sequence[Asked]) -> list[Verdict]:
    """Decode every clip in `store`; `asked` are its recordings in order."""
    journal = Journal.open(store)
    try:
        recordings = sorted(journal.recordings(), key=lambda each: each.id)
        if len(recordings) != len(asked):
            raise ValueError(f"{len(asked)} triggers made {len(recordings)} recordings")
        befores = [None, *asked]
        return [
            _verdict(store, wish, before, recording, journal.clips(recording.id))
            for wish, before, recording in zip(asked, befores, recordings, strict=False)
        ]
    finally:
        journal.close()


def _verdict(
    store: Path, wish: Asked, before: Asked | None, recording: Recording, clips: list[Clip]
) -> Verdict:
    held = [measure(store / clip.file) for clip in clips]
    numbers = [number for each in held for number in each.numbers]
    read = [number for number in numbers if number is not None]
    steps = [after - earlier for earlier, after in pairwise(read)]
    last_due = -(-wish.stop_ns * RATE_HZ // NS_PER_S) - 1
    first_captured = -(-wish.on_ns * RATE_HZ // NS_PER_S)
    asked_ns = recording.pre_record_asked_ns
    delivered_ns = wish.trigger_ns - read[0] * NS_PER_S // RATE_HZ
    could_be_full = first_captured * NS_PER_S <= (wish.trigger_ns - asked_ns) * RATE_HZ
    is_short = not could_be_full
    return Verdict(
        clips=len(clips),
        frames=len(read),
        lost=sum(max(0, step - 1) for step in steps) + max(0, last_due - read[-1]),
        wrong=sum(step <= 0 for step in steps) + len(numbers) - len(read),
        behind_stop=sum(number > last_due for number in read),
        sound_wrong=_sound_wrong(wish, clips, held),
        journal_wrong=_journal_wrong(wish, recording, clips, held, delivered_ns),
        delivered_s=delivered_ns / NS_PER_S,
        could_be_full=could_be_full,
        is_unexplained=is_short
        and (read[0] != first_captured or not clips[0].pre_record_short_reason),
        overlaps=before is not None and _is_open(before, wish),
    )


def _is_open(before: Asked, wish: Asked) -> bool:
    first_behind_ns = -(-before.stop_ns * RATE_HZ // NS_PER_S) * NS_PER_S // RATE_HZ
    sound_ns = before.stop_ns + round(_SOUND_STEP_S * NS_PER_S)
    return wish.begin_handled_ns < max(first_behind_ns, sound_ns)


def _sound_wrong(wish: Asked, clips: Sequence[Clip], held: Sequence[Measured]) -> int:
    """Places at which the packets of sound of the whole recording, on one timeline, do not
    follow each other exactly; and a beginning or an end that is not the picture's."""
    starts = [(clip.start_utc_ns - UTC_OFFSET_NS) / NS_PER_S for clip in clips]
    times = [
        start_s + packet.time_s
        for start_s, each in zip(starts, held, strict=True)
        for packet in each.sound_packets
    ]
    gaps = [after - earlier for earlier, after in pairwise(times)]
    wrong = sum(abs(gap - _SOUND_STEP_S) > _NEAR_S for gap in gaps)
    left_s = wish.stop_ns / NS_PER_S - (times[-1] + _SOUND_STEP_S)
    begins = -_NEAR_S <= times[0] - starts[0] <= _SOUND_STEP_S + _NEAR_S
    return wrong + (not begins) + (not -_NEAR_S <= left_s <= _SOUND_STEP_S + _NEAR_S)


def _journal_wrong(
    wish: Asked,
    recording: Recording,
    clips: Sequence[Clip],
    held: Sequence[Measured],
    delivered_ns: int,
) -> int:
    """What the journal says otherwise than the files."""
    reasons = [EndReason.SPLIT] * (len(clips) - 1) + [EndReason.STOP]
    said_ns = clips[0].pre_record_delivered_ns
    return (
        (recording.trigger_on_utc_ns != wish.trigger_ns + UTC_OFFSET_NS)
        + (recording.trigger_off != "Button")
        + sum(clip.state is not ClipState.FINALISED for clip in clips)
        + sum(clip.end_reason is not why for clip, why in zip(clips, reasons, strict=True))
        + sum(clip.frames != len(each.pictures) for clip, each in zip(clips, held, strict=True))
        + sum(clip.frames_dropped != 0 for clip in clips)
        + (abs(said_ns - max(0, delivered_ns)) > NS_PER_S // 1000)
    )
