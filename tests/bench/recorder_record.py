"""The whole recorder in one process, as fast as it goes: footage in, one synced clip out.

Used by the benchmark of the recorder, which runs `main` in a process of its own and compares
what that cost. Session, inbox, keeper, store and writer are the camera's own.
"""

import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bwv_device.configuration.model import Configuration
from bwv_device.evidence.records import EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.encoders.opening import open_encoder
from bwv_device.media.inbox import Inbox
from bwv_device.media.interpreter import favour_encoder
from bwv_device.media.keeper import Keeper, Surroundings
from bwv_device.media.messages import Begin, End, Report, SourceClosed
from bwv_device.media.session import Session
from bwv_device.media.signers import OpenSigner
from bwv_device.media.sources import Sources
from hal.interfaces.clock import NS_PER_S
from tests.bench.recorder_footage import RATE_HZ, SIZES, SMALL, Size
from tests.bench.recorder_sources import EPOCH_NS, FootageCamera, FootageClock, FootageMicrophone

TRIGGER_S = 5.0
"""The trigger comes so late, and the ring still holds everything: all frames are written."""
_ROOM_BYTES = 1 << 40


@dataclass(frozen=True)
class Recorded:
    """What a run came to. CPU is user and system time of the whole process, in seconds."""

    frames: int
    dropped: int
    bytes: int
    cpu_s: float
    picture_cpu_s: float
    """The thread that reads, draws and encodes."""
    keeper_cpu_s: float
    """The thread with ring, muxer, digests and disk."""


def configuration(size: Size, store: Path) -> Configuration:
    """The default camera in this size."""
    video = {
        "width_px": size.width_px,
        "height_px": size.height_px,
        "bitrate_bps": size.bitrate_bps,
        # A recorder that leaves frames out would be cheap: it has to encode what ffmpeg does.
        "overload_floor_hz": 120,
    }
    ring = {"length_s": 2 * TRIGGER_S}
    return Configuration.model_validate(
        {"video": video, "pre_record": ring, "storage": {"folder": store}}
    )


def record(
    size: Size,
    pictures: Path,
    sound: Path,
    folder: Path,
    frames: int,
    prepare: Callable[[Store], OpenSigner | None] = lambda _store: None,
) -> Recorded:
    """Record `frames` frames into a store in `folder`, which `prepare` has seen before; what that
    gives signs the clip."""
    clock, inbox, store = FootageClock(), Inbox(), Store.open(folder)
    settings = configuration(size, folder)
    around = Surroundings(
        *(clock, store, lambda _folder: _ROOM_BYTES, _complain, "UTC"), open_signer=prepare(store)
    )
    keeper = Keeper(settings, around)
    last_ns = EPOCH_NS + (frames - 1) * NS_PER_S // RATE_HZ
    sources = Sources(
        lambda: FootageCamera(pictures, size, clock),
        lambda: FootageMicrophone(sound, clock, last_ns),
    )
    keeping = _Keeping(keeper, inbox)
    _choose_encoder(settings, size, clock)
    picture_before_s = time.thread_time()
    keeping.start()
    failure = Session(settings, clock, sources, inbox, _complain).run(
        _Timetable(clock, inbox, last_ns).end_ns
    )
    picture_s = time.thread_time() - picture_before_s
    inbox.put(End(last_ns + 1, "Button", EndReason.STOP))
    inbox.put(SourceClosed(failure))
    inbox.close()
    keeping.join()
    (clip,) = store.journal.clips()
    store.close()
    return Recorded(
        clip.frames or 0,
        clip.frames_dropped or 0,
        clip.bytes or 0,
        _cpu_s(),
        picture_s,
        keeping.cpu_s,
    )


def _choose_encoder(settings: Configuration, size: Size, clock: FootageClock) -> None:
    """Leave the choice in the store's folder, where every start but a camera's first finds it."""
    mode = FootageCamera.mode_of(size)
    open_encoder(mode, settings.video, EPOCH_NS, settings.storage.folder, clock).close()


@dataclass
class _Timetable:
    """Triggers once, from the capture thread, and knows the end."""

    clock: FootageClock
    inbox: Inbox
    last_ns: int
    triggered: bool = False

    def end_ns(self) -> int:
        """Asked by the session before each frame is handed over."""
        now_ns = self.clock.monotonic_ns()
        due_ns = min(EPOCH_NS + round(TRIGGER_S * NS_PER_S), self.last_ns)
        if not self.triggered and now_ns >= due_ns:
            self.triggered = True
            self.inbox.put(Begin(now_ns, "Button"))
        return self.last_ns


class _Keeping(threading.Thread):
    """The recorder's own loop around the keeper, and what it cost."""

    def __init__(self, keeper: Keeper, inbox: Inbox) -> None:
        super().__init__(name="keeper")
        self._keeper, self._inbox = keeper, inbox
        self.cpu_s = 0.0

    def run(self) -> None:
        while (message := self._inbox.get()) is not None:
            self._keeper.handle(message)
            if self._inbox.is_drained:
                self._keeper.follow()
        self._keeper.close()
        self.cpu_s = time.thread_time()


def _complain(report: Report) -> None:
    print(report, file=sys.stderr)


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """SIZE PICTURES SOUND FOLDER FRAMES; the result as JSON."""
    favour_encoder()
    name, pictures, sound, folder, frames = sys.argv[1:]
    size = next(size for size in (*SIZES, SMALL) if size.name == name)
    recorded = record(size, Path(pictures), Path(sound), Path(folder), int(frames))
    print(json.dumps(asdict(recorded)))
