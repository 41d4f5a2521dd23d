"""What a mock was told, with times; shared by all mocks. Tests and simulations read it."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from hal.interfaces.clock import Clock

Value = TypeVar("Value")

KEPT = 100_000
"""Entries before the oldest is let go, so that a mock can stand in for a missing part of an
agent that runs for weeks."""


@dataclass(frozen=True, slots=True)
class Told(Generic[Value]):
    """`value` was told at `at_ns` monotonic."""

    at_ns: int
    value: Value


class History(Generic[Value]):
    """A list of what was told, oldest first. May be used from every thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: deque[Told[Value]] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, value: Value) -> None:
        """Note `value` with the present time."""
        with self._lock:
            self._entries.append(Told(self._clock.monotonic_ns(), value))
            self._count += 1

    @property
    def entries(self) -> tuple[Told[Value], ...]:
        """All that is kept, oldest first."""
        with self._lock:
            return tuple(self._entries)

    @property
    def values(self) -> tuple[Value, ...]:
        """The values alone, oldest first."""
        return tuple(entry.value for entry in self.entries)

    @property
    def newest(self) -> Value | None:
        """The last value told, None before the first."""
        with self._lock:
            return self._entries[-1].value if self._entries else None

    @property
    def forgotten(self) -> int:
        """How many of the oldest entries were let go."""
        with self._lock:
            return self._count - len(self._entries)
