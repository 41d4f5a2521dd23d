"""Whose body is taken next, when more come than are taken at once.

Who uses it: the upload handlers, on the event loop. The choice itself is `next_in_line`, a plain
function: docs/design/resumable-uploads.md, *Fairness*, gives its order.
"""

import asyncio
import itertools
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from dock_server.errors import BusyError, CutOffError

OVERTAKEN_MOST = 8
"""So many others may go first; with it urgent clips wait little and nobody is forgotten."""
PLACES_KEPT = 1000
"""Places of clients that were sent away and may come back."""


@dataclass(eq=False)
class Waiter:
    """A body that waits for its turn."""

    who: str
    """The camera, or the address where no camera is known."""
    urgent: bool
    place: int
    """Lower came earlier."""
    overtaken: int = 0
    called: asyncio.Event = field(default_factory=asyncio.Event)


def next_in_line(waiting: Sequence[Waiter], active: Mapping[str, int]) -> Waiter:
    """Who is next; `active` counts the bodies under way by camera, `waiting` is not empty."""

    def rank(waiter: Waiter) -> tuple[bool, int, bool, int]:
        forgotten = waiter.overtaken >= OVERTAKEN_MOST
        return (
            not forgotten,
            0 if forgotten else active.get(waiter.who, 0),
            not (forgotten or waiter.urgent),
            waiter.place,
        )

    return min(waiting, key=rank)


class Line:
    """At most `turns_max` bodies at once; the others wait up to `wait_s` seconds."""

    def __init__(self, turns_max: int, wait_s: float) -> None:
        self._turns_max = turns_max
        self._wait_s = wait_s
        self._active: Counter[str] = Counter()
        self._waiting: list[Waiter] = []
        self._places = itertools.count()
        self._kept: OrderedDict[str, int] = OrderedDict()

    @asynccontextmanager
    async def turn(
        self, who: str, urgent: bool, given_up: asyncio.Event | None = None
    ) -> AsyncIterator[None]:
        """The right to bring a body while the block runs.

        Raises `BusyError` after too long a wait; its place is kept for when it comes back. Raises
        `CutOffError` when `given_up` is set while it waits.
        """
        waiter = Waiter(who, urgent, self._place(who))
        self._waiting.append(waiter)
        self._call()
        try:
            await self._wait(waiter, given_up)
        except BaseException:
            self._leave(waiter)
            raise
        try:
            yield
        finally:
            self._end(who)

    def _place(self, who: str) -> int:
        kept = self._kept.get(who)
        return next(self._places) if kept is None else kept

    async def _wait(self, waiter: Waiter, given_up: asyncio.Event | None) -> None:
        if waiter.called.is_set():
            return
        events = [event for event in (waiter.called, given_up) if event is not None]
        tasks = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(tasks, timeout=self._wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        if given_up is not None and given_up.is_set():
            raise CutOffError("given up while it waited for its turn")
        if not waiter.called.is_set():
            self._keep_place(waiter)
            raise BusyError(f"{self._turns_max} uploads are under way: try again soon")

    def _keep_place(self, waiter: Waiter) -> None:
        self._kept[waiter.who] = waiter.place
        while len(self._kept) > PLACES_KEPT:
            self._kept.popitem(last=False)

    def _leave(self, waiter: Waiter) -> None:
        """It waits no more: out of the line, or its turn goes to the next."""
        if waiter.called.is_set():
            self._end(waiter.who)
        else:
            self._waiting.remove(waiter)

    def _end(self, who: str) -> None:
        self._active[who] -= 1
        if not self._active[who]:
            del self._active[who]
        self._call()

    def _call(self) -> None:
        while self._waiting and self._active.total() < self._turns_max:
            chosen = next_in_line(self._waiting, self._active)
            self._waiting.remove(chosen)
            for waiter in self._waiting:
                waiter.overtaken += waiter.place < chosen.place
            self._active[chosen.who] += 1
            self._kept.pop(chosen.who, None)
            chosen.called.set()
