"""A camera's store and clock, wired to a destination, for the tests of the dock client."""

import random
import threading
from pathlib import Path

from bwv_device.configuration.keeping import Dock
from bwv_device.dock.describe import Identity
from bwv_device.dock.docking import Step
from bwv_device.dock.events import DockEvent, Problem, PushSummary, Report
from bwv_device.dock.memory import Memory
from bwv_device.dock.push import Order, oldest_first, push_all
from bwv_device.dock.stop import Stop
from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.ledger.keeper import LedgerKeeper
from bwv_device.evidence.manifest.keeping import Manifests
from bwv_device.evidence.records import Clip, ClipState, Recording
from bwv_device.evidence.store import Store
from bwv_device.protocol.connection import ConnectionFile
from hal.drivers.clock.virtual import VirtualClock
from tests.support import stores
from tests.support.clips import clip_bytes

IDENTITY = Identity(
    serial=stores.NEW_RECORDING.serial,
    model=stores.NEW_RECORDING.model,
    user_id=stores.NEW_RECORDING.user_id,
    user_name=stores.NEW_RECORDING.user_name,
    device_name="Camera 7",
)
CLIP = clip_bytes(0.4, sound=False)
LARGE_CLIP = CLIP * 500
"""About 2 MB."""
OTHER_CLIP = clip_bytes(0.6, sound=False)


class JumpingClock(VirtualClock):
    """Every wait is over at once, with the time gone by; `waits_s` says what was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waits_s: list[float] = []

    def wait(self, signal: threading.Event, timeout_s: float | None) -> bool:
        assert timeout_s is not None, "nobody would ever end this wait"
        if not signal.is_set():
            self.waits_s.append(timeout_s)
            self.advance_s(timeout_s)
        return signal.is_set()


class Crash(Exception):
    """Stands for a power cut: nothing in the dock client catches it."""


class Rig:
    """A store below `folder` that docks at the destination of `connection`."""

    def __init__(self, folder: Path, connection: ConnectionFile) -> None:
        self.folder = folder / "store"
        self.store = Store.open(self.folder)
        self.connection = connection
        self.clock = JumpingClock()
        self.events: list[DockEvent] = []
        self.settings = Dock()
        self.manifests: Manifests | None = None
        self.ledger: LedgerKeeper | None = None

    def close(self) -> None:
        self.store.close()

    def make_connection(self, **changes: object) -> ConnectionFile:
        """The connection file with some attributes changed."""
        return ConnectionFile.model_validate(self.connection.model_dump() | changes)

    def record(self, data: bytes = CLIP, *, trigger_s: int = 0) -> Clip:
        return stores.record(self.store, data, trigger_s=trigger_s)

    def record_large(self, times: int = 1) -> Clip:
        """A recording of one clip that takes many blocks to send."""
        recording = stores.begin(self.store)
        clip = self.store.open_clip(recording, stores.new_clip(recording))
        self.store.path(clip).write_bytes(LARGE_CLIP * times)
        clip = stores.finalise(self.store, clip)
        self.store.journal.end_recording(recording.id, "LongPress", clip.start_utc_ns + stores.S)
        return clip

    def record_parts(self, *parts: bytes, trigger_s: int = 0) -> Recording:
        """One recording of several clips."""
        recording = stores.begin(self.store, trigger_s=trigger_s)
        for number, data in enumerate(parts, start=1):
            clip = self.store.open_clip(
                recording, stores.new_clip(recording, number, start_s=number * 10)
            )
            stores.write_file(self.store.path(clip), data)
            stores.finalise(self.store, clip)
        end_utc_ns = recording.trigger_on_utc_ns + 60 * stores.S
        self.store.journal.end_recording(recording.id, "LongPress", end_utc_ns)
        return self.store.journal.recording(recording.id)

    def push(
        self,
        *,
        stop: Stop | None = None,
        order: Order = oldest_first,
        crash_behind: Step | None = None,
        nth: int = 1,
        report: Report | None = None,
    ) -> PushSummary:
        """One round; with `crash_behind`, `Crash` is raised the `nth` time that step is done."""
        left = nth

        def at(step: Step) -> None:
            nonlocal left
            left -= step is crash_behind
            if step is crash_behind and left == 0:
                raise Crash(step)

        return push_all(
            self.store,
            self.connection,
            self.clock,
            IDENTITY,
            report or self.events.append,
            settings=self.settings,
            stop=stop,
            order=order,
            chance=random.Random(1).random,
            at=at,
            manifests=self.manifests,
            ledger=self.ledger,
        )

    def restart(self) -> None:
        """Let go of the store and open it again, as after a power cut."""
        self.store.close()
        self.store = Store.open(self.folder)

    @property
    def memory(self) -> Memory:
        return Memory.open(self.folder)

    def states(self) -> list[ClipState]:
        return [clip.state for clip in self.store.journal.clips()]

    def clip(self, clip: Clip) -> Clip:
        """What the journal has of it now."""
        return self.store.journal.clip(clip.id)

    def container(self, clip: Clip) -> str:
        return self.store.journal.recording(clip.recording_id).container

    def problems(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Problem)]

    def wrong(self) -> list[str]:
        """What `bwv check` finds wrong."""
        found = check(self.folder, self.store.journal)
        return [f"{one.where}: {one.what}" for one in found if one.severity is Severity.WRONG]
