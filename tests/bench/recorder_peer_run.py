"""One recorder at work in real time on real footage: ours, or one of the others' approaches.

Used by `recorder_peers.py`, which runs `main` in a process of its own for each. All have the same
camera, which paces its pictures and keeps a few for a reader that is late, as a driver does, and
the same encoder; all are triggered and stopped at the same instants.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from bwv_device.configuration.media import PreRecord
from bwv_device.evidence.records import EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.interpreter import favour_encoder
from bwv_device.media.messages import Report
from bwv_device.media.recorder import Recorder
from bwv_device.media.sources import Sources
from hal import registry
from hal.interfaces.clock import NS_PER_S, Clock
from tests.bench.paced_camera import FRAME_NS, PacedCamera
from tests.bench.peer_recorder import Peer, Written
from tests.bench.recorder_footage import SIZES, Size
from tests.bench.recorder_record import configuration
from tests.bench.recorder_watch import Watch
from tests.support.lockstep import TROUBLES

OURS = "the recorder"
PRE_RECORD_S, EVENT_S, PAUSE_S = 3.0, 4.0, 1.7
"""An event is longer than the ring, a pause shorter; triggers lie differently to key frames."""
_WARM_S = 5.5
_MEASURED_S = 2.0
"""So long before the first trigger CPU is measured, with the ring full and nothing recorded."""
_AFTER_S = 1.0


@dataclass(frozen=True)
class Event:
    """One trigger and its clip."""

    delivered_s: float
    missing_at_end_s: float
    dropped: int
    """Frames that were due from its trigger to a second behind its stop, and that the camera's
    driver had no room for; and what was left out of the clip to keep up."""
    cpu_ms_a_frame: float
    """Of the whole process, from trigger to stop."""


@dataclass(frozen=True)
class Ran:
    """What a run came to."""

    events: list[Event]
    waiting_cpu_ms_a_frame: float
    most_bytes: int
    """Anonymous memory of the process at its most."""


@dataclass(frozen=True)
class Parts:
    """Of the machine under test: what the wearer may do, and what then is there."""

    begin: Callable[[int], None]
    end: Callable[[int], None]
    written: Callable[[], list[Written]]


def main() -> None:
    """APPROACH SIZE PICTURES FOLDER EVENTS; what came of it, as JSON."""
    favour_encoder()
    approach, name, pictures, folder, events = sys.argv[1:]
    size = next(size for size in SIZES if size.name == name)
    clock = registry.open_clock()
    camera = PacedCamera(Path(pictures), size, clock)
    run = _ours if approach == OURS else partial(_peer, approach)
    print(json.dumps(asdict(_wear(run, size, camera, clock, Path(folder), int(events)))))


def _wear(
    run: Callable[..., AbstractContextManager[Parts]],
    size: Size,
    camera: PacedCamera,
    clock: Clock,
    folder: Path,
    events: int,
) -> Ran:
    """The wearer: presses and stops at given instants, and measures."""
    watch = Watch(camera)
    triggers: list[tuple[int, int]] = []
    cpu: list[float] = []
    with watch.memory():
        with run(size, camera, clock, folder) as parts:
            clock.sleep_s(_WARM_S - _MEASURED_S)
            watch.begin()
            clock.sleep_s(_MEASURED_S)
            waiting = watch.ms_a_frame()
            for _ in range(events):
                trigger_ns = clock.monotonic_ns()
                watch.begin()
                parts.begin(trigger_ns)
                clock.sleep_s(EVENT_S)
                stop_ns = clock.monotonic_ns()
                parts.end(stop_ns)
                cpu.append(watch.ms_a_frame())
                triggers.append((trigger_ns, stop_ns))
                clock.sleep_s(PAUSE_S)
        written = parts.written()
    if len(written) != events:
        raise SystemExit(f"{events} events made {len(written)} clips")
    made = zip(triggers, written, cpu, strict=True)
    return Ran([_event(*each, camera) for each in made], waiting, watch.most_bytes)


def _event(instants: tuple[int, int], clip: Written, cpu_ms: float, camera: PacedCamera) -> Event:
    trigger_ns, stop_ns = instants
    until_ns = stop_ns + round(_AFTER_S * NS_PER_S)
    # The last frame before a stop ends up to a frame behind it or before it.
    missing_ns = max(0, stop_ns - clip.end_ns - FRAME_NS)
    return Event(
        (trigger_ns - clip.first_ns) / NS_PER_S,
        missing_ns / NS_PER_S,
        clip.left_out + sum(trigger_ns <= lost_ns < until_ns for lost_ns in camera.lost_ns),
        cpu_ms,
    )


@contextmanager
def _ours(size: Size, camera: PacedCamera, clock: Clock, folder: Path) -> Iterator[Parts]:
    """The camera's own recorder with ring, overlay, digests, journal and synced fragments."""
    store = Store.open(folder)
    settings = configuration(size, folder).model_copy(
        update={"pre_record": PreRecord(length_s=PRE_RECORD_S)}
    )
    recorder = Recorder(
        settings,
        clock,
        Sources(lambda: camera, None),
        store,
        lambda path: shutil.disk_usage(path).free,
        _complain,
    )

    def end(stop_ns: int) -> None:
        recorder.end(stop_ns, "Button", EndReason.STOP)

    def written() -> list[Written]:
        offset_ns = clock.utc_ns() - clock.monotonic_ns()
        starts_ns = [clip.start_utc_ns - offset_ns for clip in clips]
        return [
            Written(begun_ns, begun_ns + (clip.duration_ns or 0), clip.frames_skipped or 0)
            for begun_ns, clip in zip(starts_ns, clips, strict=True)
        ]

    recorder.start()
    recorder.arm()
    try:
        yield Parts(lambda at_ns: recorder.begin(at_ns, "Button"), end, written)
    finally:
        recorder.close(clock.monotonic_ns())
        clips = store.journal.clips()
        store.close()


def _complain(report: Report) -> None:
    if isinstance(report, TROUBLES):
        print(report, file=sys.stderr)


@contextmanager
def _peer(
    approach: str, size: Size, camera: PacedCamera, clock: Clock, folder: Path
) -> Iterator[Parts]:
    """Another's approach: one loop that reads, encodes and hands over."""
    peer = Peer(approach, size, camera, clock, folder, PRE_RECORD_S)
    peer.thread.start()
    try:
        yield Parts(peer.begin, peer.end, lambda: peer.written)
    finally:
        peer.ended.set()
        peer.thread.join()
