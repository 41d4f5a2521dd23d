"""The one button. It only reports edges: what a double press or a hold means is firmware."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hal.interfaces.part import Part


@dataclass(frozen=True, slots=True)
class ButtonEdge:
    """The button went down (`pressed`) or up, at `at_ns` monotonic."""

    pressed: bool
    at_ns: int


class Button(Part, Protocol):
    """An input: it can't be driven."""

    def start(self, on_edge: Callable[[ButtonEdge], None]) -> None:
        """Call `on_edge` for each edge, from the driver's own thread, edges alternating and
        in order of time. `on_edge` does no I/O and does not block."""
