"""A sign of life from the recorder, and when it means that something hangs: one rule, as data.

Who uses it: the recorder gives pulses, the supervisor of the media process judges them.
"""

from dataclasses import dataclass
from enum import StrEnum

from hal.interfaces.clock import NS_PER_S

PULSE_EVERY_S = 0.2
SILENT_S = 4.0
"""Twenty pulses. A machine that does nothing else for so long has lost the footage anyway."""
CARD_S = 8.0
"""The longest sync that was measured took 1.2 s."""


class Stage(StrEnum):
    """What the capture thread is at; the value is for people."""

    OPENING = "opens the camera and the encoder"
    RUNNING = "waits for the camera or the encoder"
    CLOSING = "closes the camera"


STAGE_LIMITS_S: dict[Stage, float] = {
    # A network camera may take 10 s to open and 5 to give its first frame (hal/drivers/camera).
    Stage.OPENING: 20.0,
    # A read comes back after 0.2 s with a frame or without, an encode takes milliseconds.
    Stage.RUNNING: 5.0,
    # Sound is waited for 5 s, the search for a lost camera 2, a driver that closes 2.
    Stage.CLOSING: 15.0,
}


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the recorder's threads are at; monotonic nanoseconds."""

    at_ns: int
    stage: Stage | None
    """None while nothing is captured."""
    stage_since_ns: int
    """Since when the capture thread is at it; for `RUNNING` the last turn of its loop."""
    writing_since_ns: int | None
    """Since when the keeper has been at one message; None while it waits for the next."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, in words; `fatal` when only a new process helps."""

    message: str
    fatal: bool


def judge(pulse: Pulse, now_ns: int) -> Verdict | None:
    """What the newest pulse says at `now_ns`; None when all is well.

    A card that does not answer is not fatal: a new process would wait for the same card, and
    what this one holds in memory would be lost.
    """
    if _longer(pulse.at_ns, now_ns, SILENT_S):
        return Verdict("the recorder gives no sign of life", fatal=True)
    stage = pulse.stage
    if stage and _longer(pulse.stage_since_ns, pulse.at_ns, STAGE_LIMITS_S[stage]):
        limit_s = STAGE_LIMITS_S[stage]
        return Verdict(f"the recorder hangs: for {limit_s:.0f} s it {stage}", fatal=True)
    if pulse.writing_since_ns and _longer(pulse.writing_since_ns, pulse.at_ns, CARD_S):
        return Verdict(f"the card has not answered for {CARD_S:.0f} s", fatal=False)
    return None


def _longer(since_ns: int, until_ns: int, limit_s: float) -> bool:
    return until_ns - since_ns > limit_s * NS_PER_S
