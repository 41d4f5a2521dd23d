"""Takes the bounce out of a button's edges without delaying a press.

Who uses it: `controls`. A press counts at once, because a recording may hang on it; a release
counts when it has lasted, so that a short loss of contact does not break a hold in two.
"""

from hal.interfaces.button import ButtonEdge


class Debouncer:
    """Edges in, clean edges out. Sans I/O; called by the owner of the firmware only."""

    def __init__(self, debounce_ns: int) -> None:
        self._debounce_ns = debounce_ns
        self._down = False
        self._released_ns: int | None = None
        self.bounces = 0
        """Edges that were taken for bounce."""
        self.unpaired = 0
        """Edges that repeat the one before: its partner got lost on the way."""

    def edge(self, edge: ButtonEdge) -> ButtonEdge | None:
        """`edge` if it counts at once, else None. Call `due` up to `edge.at_ns` before."""
        if edge.pressed == self._level:
            self.unpaired += 1
            return None
        if not edge.pressed:
            self._released_ns = edge.at_ns
            return None
        if self._down:
            self._released_ns = None
            self.bounces += 2
            return None
        self._down = True
        return edge

    @property
    def _level(self) -> bool:
        """What the last edge said, whether it counts yet or not."""
        return self._down and self._released_ns is None

    @property
    def settling(self) -> bool:
        """True while it is open whether the button is up."""
        return self._released_ns is not None

    def next_deadline_ns(self) -> int | None:
        """When a release that is still in doubt counts."""
        return None if self._released_ns is None else self._released_ns + self._debounce_ns

    def due(self, now_ns: int) -> ButtonEdge | None:
        """The release that has lasted by `now_ns`, at the instant at which it began."""
        if self._released_ns is None or self._released_ns + self._debounce_ns > now_ns:
            return None
        release = ButtonEdge(pressed=False, at_ns=self._released_ns)
        self._down, self._released_ns = False, None
        return release
