"""What a finger does to the button: presses as edges in time, with the bounce of a real switch.

Who uses it: the simulated camera. The firmware takes the bounce out.
"""

import random
from collections.abc import Iterator

from hal.interfaces.button import ButtonEdge
from hal.interfaces.clock import NS_PER_S

PRESS_S, GAP_S = 0.12, 0.15
"""How long a short press lasts, and the pause within a double press; `assumed`."""
BOUNCES, BOUNCE_S = 3, 0.004
"""At each edge at most; `assumed`, below the firmware's 20 ms."""


class Finger:
    """Makes edges; the same seed makes the same ones."""

    def __init__(self, chance: random.Random, bounces: bool = True) -> None:
        self._chance, self._bounces = chance, bounces

    def press(self, at_ns: int, for_s: float = PRESS_S) -> Iterator[ButtonEdge]:
        """One press from `at_ns` on."""
        yield from self._edge(True, at_ns)
        yield from self._edge(False, at_ns + round(for_s * NS_PER_S))

    def double_press(self, at_ns: int) -> Iterator[ButtonEdge]:
        """Two short presses."""
        yield from self.press(at_ns)
        yield from self.press(at_ns + round((PRESS_S + GAP_S) * NS_PER_S))

    def _edge(self, pressed: bool, at_ns: int) -> Iterator[ButtonEdge]:
        """The edge, and what follows of it before the contact rests."""
        yield ButtonEdge(pressed, at_ns)
        if not self._bounces:
            return
        for _ in range(self._chance.randint(0, BOUNCES)):
            at_ns += self._chance.randint(1, round(BOUNCE_S * NS_PER_S / (2 * BOUNCES)))
            yield ButtonEdge(not pressed, at_ns)
            at_ns += self._chance.randint(1, round(BOUNCE_S * NS_PER_S / (2 * BOUNCES)))
            yield ButtonEdge(pressed, at_ns)
