"""What picamera2's delay line would have kept of the same recordings: the baseline of triggers.

Used by `tests/soak/recorder_triggers.py`. The same frames, key frames and instants are played to
it; nothing is encoded, because what goes where does not depend on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.clock import NS_PER_S
from tests.bench.peer_rings import Captured, DelayLine
from tests.soak.recorder_plan import PRE_RECORD_S, Spell, Wish
from tests.soak.recorder_verdict import RATE_HZ

_BEGIN, _FRAME, _END = range(3)


@dataclass
class Baseline:
    """Of all recordings."""

    lost: int = 0
    """Frames from the first one kept, or from the trigger, to the stop that are not in the clip."""
    delivered_s: list[float] = field(default_factory=list)
    """Pre-record, where the camera had been on long enough."""


def delay_line(spells: Sequence[Spell]) -> Baseline:
    """Play all of it."""
    found = Baseline()
    for spell in spells:
        for wish, kept in _played(spell):
            _count(wish, kept, found)
    return found


def _played(spell: Spell) -> list[tuple[Wish, list[EncodedPacket]]]:
    """Each recording with the packets of its clip."""
    packets = _packets(spell)
    coming = iter(packets)
    ring = DelayLine(PRE_RECORD_S, RATE_HZ, lambda _picture, _capture_ns: next(coming))
    clips: list[tuple[Wish, list[EncodedPacket]]] = [(wish, []) for wish in spell.wishes]
    steps = [(packet.time_ns, _FRAME, 0) for packet in packets]
    for number, wish in enumerate(spell.wishes):
        steps += [(wish.begin_handled_ns, _BEGIN, number), (wish.end_handled_ns, _END, number)]
    for at_ns, kind, number in sorted(steps, key=lambda step: step[0]):
        if kind == _FRAME:
            ring.take(Captured(b"", at_ns))
        elif kind == _BEGIN:
            ring.open(clips[number][1].append)
        else:
            ring.close()
    return clips


def _packets(spell: Spell) -> list[EncodedPacket]:
    """Every frame from switching on to switching off, a key frame a second."""
    first = -(-spell.on_ns * RATE_HZ // NS_PER_S)
    last = spell.off_ns * RATE_HZ // NS_PER_S
    frame_ns = NS_PER_S // RATE_HZ
    return [
        EncodedPacket(
            Track.VIDEO,
            round(number * NS_PER_S / RATE_HZ),
            frame_ns,
            (number - first) % RATE_HZ == 0,
            b"",
        )
        for number in range(first, last + 1)
    ]


def _count(wish: Wish, kept: Sequence[EncodedPacket], found: Baseline) -> None:
    first_ns = kept[0].time_ns if kept else wish.trigger_ns
    due = range(-(-first_ns * RATE_HZ // NS_PER_S), -(-wish.stop_ns * RATE_HZ // NS_PER_S))
    found.lost += max(0, len(due) - len(kept))
    if wish.trigger_ns - wish.on_ns >= (PRE_RECORD_S + 1) * NS_PER_S:
        found.delivered_s.append((wish.trigger_ns - first_ns) / NS_PER_S)
