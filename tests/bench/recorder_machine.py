"""How long this machine takes to hand a value from one idle thread to another.

Used by the benchmark of the recorder as the baseline of its delays: what other programs on a
shared machine cost is in both.
"""

import queue
import threading
import time
from types import TracebackType

_EVERY_S = 0.05


class HandOvers:
    """Measures in a process that does nothing else, while the block runs."""

    def __init__(self) -> None:
        self.taken_ns: list[int] = []
        self._queue: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._give, self._take)]

    def __enter__(self) -> "HandOvers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _give(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self._queue.put(time.monotonic_ns())
        self._queue.put(None)

    def _take(self) -> None:
        while (given_ns := self._queue.get()) is not None:
            self.taken_ns.append(time.monotonic_ns() - given_ns)
