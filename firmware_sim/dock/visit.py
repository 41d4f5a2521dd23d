"""A visit to the dock in virtual time, by the camera's own dock client.

Who uses it: a life of a simulated camera. What a real server answers happens between two instants;
what the link takes for the bytes passes in the world, so that a camera can be taken out in the
middle of a clip.
"""

from collections.abc import Callable
from pathlib import Path

from bwv_device.agent.dock_visit import identity_of
from bwv_device.configuration.model import Configuration
from bwv_device.dock import events
from bwv_device.dock.backoff import Backoff
from bwv_device.dock.connection_file import load_connection
from bwv_device.dock.events import DockEvent, NextTry
from bwv_device.dock.push import push_all
from bwv_device.dock.stop import Stop
from bwv_device.dock.worker import SLOW_FACTOR
from bwv_device.errors import BwvError
from bwv_device.evidence.store import Store
from firmware_sim.world import World
from hal.interfaces.clock import NS_PER_S

LINK_BYTES_S = 35_000_000
"""A camera on USB 2: 35 to 40 MB/s by general knowledge; `assumed`."""


class SimulatedVisit:
    """A `Dock` of the hands."""

    def __init__(
        self,
        configuration: Configuration,
        connection_file: Path,
        world: World,
        store: Store,
        chance: Callable[[], float],
        enter: Callable[[str, str], None],
    ) -> None:
        self._configuration, self._file, self._world = configuration, connection_file, world
        self._store, self._chance, self._enter = store, chance, enter
        self._stop: Stop | None = None
        self._link_bytes = 0

    def begin(self) -> None:
        """The camera was docked."""
        self._stop = stop = Stop()
        settings = self._configuration.dock
        backoff = Backoff(settings.retry_first_s, settings.retry_most_s, self._chance)
        self._world.soon(lambda: self._round(stop, backoff))

    def end(self) -> None:
        """The camera was taken off the dock, or its power has gone: at once."""
        if self._stop is not None:
            self._stop.set()
            self._stop = None

    def _round(self, stop: Stop, backoff: Backoff) -> None:
        """One round, and the next one where there is more to do."""
        if stop.is_set():
            return
        next_try = self._push(stop)
        if next_try is NextTry.NOT_NEEDED or stop.is_set():
            return
        slow_s = self._configuration.dock.retry_most_s * SLOW_FACTOR
        wait_s = slow_s if next_try is NextTry.SLOWLY else backoff.next_s()
        self._world.after(wait_s, lambda: self._round(stop, backoff))

    def _push(self, stop: Stop) -> NextTry:
        try:
            return push_all(
                self._store,
                load_connection(self._file),
                self._world.clock,
                identity_of(self._configuration),
                self._hear,
                settings=self._configuration.dock,
                stop=stop,
                chance=self._chance,
            ).next_try
        except BwvError as error:
            self._enter("dock", f"it can't go on: {error}")
            return NextTry.SLOWLY

    def _hear(self, event: DockEvent) -> None:
        if isinstance(event, events.Progress):
            self._take_time(event)
            return
        self._link_bytes = 0
        if (words := _words(event)) is not None:
            self._enter("dock", words)

    def _take_time(self, progress: events.Progress) -> None:
        """The world goes on for as long as the link takes for the new bytes."""
        new_bytes = max(0, progress.sent_bytes - self._link_bytes)
        self._link_bytes = progress.sent_bytes
        due_ns = self._world.now_ns + new_bytes * NS_PER_S // LINK_BYTES_S
        stop = self._stop
        self._world.run_until(due_ns, lambda: stop is None or stop.is_set())


def _words(event: DockEvent) -> str | None:
    """Without what is drawn by chance, and without sizes; None for what is no fact of its own."""
    match event:
        case events.Connected():
            return "connected"
        case events.ClipSent(proof=proof):
            return f"a clip is proved: {proof}"
        case events.RecordingCompleted(clip_count=clips, missing=missing):
            return f"a recording is complete: {clips} clips, {len(missing)} missing"
        case events.Purged():
            return "a clip is freed"
        case events.Waiting(wait_s=wait_s):
            return f"waits {wait_s:.1f} s"
        case events.Problem(kind=kind):
            return f"a problem: {kind}"
        case events.Finished(summary=summary):
            return f"round over: {summary.clips_left} clips left, next {summary.next_try}"
    return None
