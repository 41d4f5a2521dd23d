"""Hands what a device delivers from its own thread to one reader, without ever growing.

Who uses it: drivers of devices that push. What finds no room is refused, so that the driver
can count it; nothing is thrown away in here.
"""

import threading
from collections import deque
from typing import Generic, TypeVar

from hal.drivers.options import require_positive
from hal.errors import HalError
from hal.interfaces.clock import NS_PER_S, Clock

Item = TypeVar("Item")


class HandOver(Generic[Item]):
    """A bounded queue with an end. `put` and `fail` never block."""

    def __init__(self, clock: Clock, room: int) -> None:
        """`room`: items held for a slow reader."""
        require_positive("room", room)
        self._clock = clock
        self._room = room
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._items: deque[Item] = deque()
        self._error: HalError | None = None

    @property
    def full(self) -> bool:
        """Whether `put` would refuse now."""
        with self._lock:
            return len(self._items) >= self._room

    def put(self, item: Item) -> bool:
        """Leave `item` for the reader; False when there is no room, or it has ended."""
        with self._lock:
            if self._error is not None or len(self._items) >= self._room:
                return False
            self._items.append(item)
            self._changed.set()
            return True

    def fail(self, error: HalError) -> None:
        """Nothing more comes: the reader gets what is left, then `error`. The first counts."""
        with self._lock:
            self._error = self._error or error
            self._changed.set()

    def close(self, error: HalError) -> None:
        """End at once: what is left is let go, the reader gets `error`."""
        with self._lock:
            self._items.clear()
            self._error = error
            self._changed.set()

    def take(self, timeout_s: float) -> Item | None:
        """The oldest item, None when none came within `timeout_s`. Raises as told by `fail`."""
        deadline_ns = self._clock.monotonic_ns() + round(timeout_s * NS_PER_S)
        while True:
            with self._lock:
                if self._items:
                    return self._items.popleft()
                if self._error is not None:
                    raise self._error
                self._changed.clear()
            left_ns = deadline_ns - self._clock.monotonic_ns()
            if left_ns <= 0:
                return None
            self._clock.wait(self._changed, left_ns / NS_PER_S)
