"""The way in to the media process, from whichever thread: it keeps what can't be handed over.

Who uses it: the agent's calls go in here, the supervisor opens it for a process and shuts it
behind one that has gone. What comes while it is shut waits, in order.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterable

from bwv_device.media.messages import Report
from bwv_device.media.process.child import Child
from bwv_device.media.process.wire import Command
from bwv_device.media.process.wishes import Wishes

log = logging.getLogger(__name__)


class Door:
    """One lock around the present process, what was asked of it, and what waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._wishes = Wishes()
        self._waiting: deque[Command] = deque()

    @property
    def pid(self) -> int | None:
        """The process that takes commands; None while there is none."""
        with self._lock:
            return self._child.pid if self._child is not None else None

    @property
    def is_armed(self) -> bool:
        """Whether the process was asked to capture."""
        with self._lock:
            return self._wishes.armed

    def tell(self, command: Command) -> None:
        """Hand a command over, or keep it for the next process."""
        with self._lock:
            if self._child is None or not self._hand_over(self._child, command):
                self._waiting.append(command)

    def learn(self, report: Report) -> None:
        """Take in what the process says of the recording that it was asked for."""
        with self._lock:
            self._wishes.learn(report)

    def shut(self) -> Wishes:
        """No process takes commands any more; what had been asked of the one that did."""
        with self._lock:
            self._child = None
            return self._wishes

    def open(self, child: Child, first: Iterable[Command]) -> None:
        """`child` takes commands from now on: `first`, then what waited."""
        with self._lock:
            commands = [*first, *self._waiting]
            self._waiting.clear()
            while commands and self._hand_over(child, commands[0]):
                del commands[0]
            # Should it have gone already: its end is heard soon, and the next one gets them.
            self._waiting.extend(commands)
            self._child = child

    def _hand_over(self, child: Child, command: Command) -> bool:
        """With the lock held."""
        handed_over = child.send(command)
        if handed_over:
            self._wishes.note(command)
        return handed_over
