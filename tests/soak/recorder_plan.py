"""When a wearer triggers and stops, at random, and what of it reaches the recorder when.

Used by the long test of triggers.
"""

import random
from dataclasses import dataclass

from hal.interfaces.clock import NS_PER_S

PRE_RECORD_S = 3.0
_A_SESSION = 10
"""Triggers from switching on to switching off."""
_FIRST_S, _EVENT_S, _PAUSE_S, _OFF_S = 6.0, 7.0, 2.0, 5.0
"""The longest times to the first trigger, from trigger to stop, from there to the next trigger,
and, beside a second, switched off."""
_SHORTEST_NS = NS_PER_S // 10
"""An event in which there is a frame, also right behind switching on."""
_SHORT_PAUSE_S = 0.03
"""Every other pause is shorter than this: the clip before is still open at the trigger."""
_LATE_S, _VERY_LATE_S = 0.01, 0.09
"""So long a press may take to the recorder, most times and sometimes; a stop is exact up to
100 ms."""


@dataclass(frozen=True)
class Wish:
    """A recording that the wearer makes; instants in nanoseconds of the monotonic clock."""

    on_ns: int
    """Since when the camera has been on."""
    trigger_ns: int
    stop_ns: int
    begin_handled_ns: int
    end_handled_ns: int


@dataclass(frozen=True)
class Spell:
    """From switching on to switching off."""

    on_ns: int
    off_ns: int
    wishes: tuple[Wish, ...]


def plan(tries: int, chance: random.Random) -> list[Spell]:
    """What the wearer does."""
    spells: list[Spell] = []
    now_ns = NS_PER_S
    while (left := tries - sum(len(spell.wishes) for spell in spells)) > 0:
        spells.append(_spell(now_ns, min(left, _A_SESSION), chance))
        now_ns = spells[-1].off_ns + NS_PER_S + _draw(chance, _OFF_S)
    return spells


def _spell(on_ns: int, tries: int, chance: random.Random) -> Spell:
    wishes: list[Wish] = []
    handled_ns, trigger_ns = on_ns, on_ns + _draw(chance, _FIRST_S)
    for _ in range(tries):
        stop_ns = trigger_ns + _SHORTEST_NS + _draw(chance, _EVENT_S)
        late_s = _VERY_LATE_S if chance.random() < 0.2 else _LATE_S
        # What a wearer does reaches the recorder late, but in its order.
        begin_ns = max(handled_ns, trigger_ns + _draw(chance, late_s))
        handled_ns = max(begin_ns, stop_ns + _draw(chance, late_s))
        wishes.append(Wish(on_ns, trigger_ns, stop_ns, begin_ns, handled_ns))
        pause_s = _SHORT_PAUSE_S if chance.random() < 0.5 else _PAUSE_S
        trigger_ns = stop_ns + _draw(chance, pause_s)
    return Spell(on_ns, handled_ns + NS_PER_S, tuple(wishes))


def _draw(chance: random.Random, most_s: float) -> int:
    return chance.randrange(1, round(most_s * NS_PER_S))
