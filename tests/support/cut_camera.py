"""A recorder that is going to lose its power: it works hard, and says what it has promised.

Run in the rig's guest as `python -m tests.support.cut_camera STORE JOB SECONDS`. JOB gets `acked`
and `promises` (see `tests/support/promises.py`). What a wearer does in a shift happens within
SECONDS: recordings that are split, that begin while the one before is still being closed, that
last half a second; bookmarks, notes, clips that are taken over and freed. A neighbour on the same
disk writes and never syncs, so that many writes are on their way whenever the power goes.
"""

import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bwv_device.configuration.keeping import MIB, Recording, Storage
from bwv_device.configuration.media import PreRecord, Sound, Video
from bwv_device.configuration.model import Configuration
from bwv_device.errors import BwvError
from bwv_device.evidence.records import ClipState
from bwv_device.evidence.store import Store
from hal.interfaces.clock import NS_PER_S
from tests.support.neighbour import neighbour
from tests.support.promises import PromiseFiles, heard
from tests.support.recording import RealRecorder, Source, real_recorder

RATE_HZ = 5
LENGTHS_S = (2.0, 0.5, 12.0, 1.0, 3.0)
"""One is longer than the shortest split that the configuration allows."""
NOTE_EVERY_S, DOCK_EVERY_S, NEIGHBOUR_EVERY_S = 0.1, 4.0, 0.05
MICROPHONE = Source("scene", {"rate_hz": 16000})
CAMERA = Source("scene", {"width_px": 320, "height_px": 240, "rate_hz": RATE_HZ})
CONFIGURATION = Configuration(
    video=Video(width_px=320, height_px=240, rate_hz=RATE_HZ, preset="ultrafast", encoder="x264"),
    sound=Sound(rate_hz=16000),
    pre_record=PreRecord(length_s=2),
    recording=Recording(split_after_s=10),
    storage=Storage(reserve_bytes=16 * MIB),
)


def main(folder: Path, job: Path, seconds: float) -> None:
    """Work for so long, then close in order."""
    promises = PromiseFiles(job)
    sources = CAMERA, MICROPHONE
    with heard(promises.note), real_recorder(folder, CONFIGURATION, *sources) as real:
        until_ns = real.clock.monotonic_ns() + round(seconds * NS_PER_S)
        beside = {
            "scribe": (lambda: _write_note(real), NOTE_EVERY_S),
            "dock": (lambda: _free_the_oldest(real.store), DOCK_EVERY_S),
            "neighbour": (neighbour(folder.parent / "neighbour"), NEIGHBOUR_EVERY_S),
        }
        with _repeating(real, beside):
            for length_s in itertools.cycle(LENGTHS_S):
                if real.clock.monotonic_ns() >= until_ns:
                    break
                _record(real, length_s)
    promises.close()


def _record(real: RealRecorder, length_s: float) -> None:
    """The next one begins at once, while this one is still being closed."""
    real.begin()
    real.clock.sleep_s(length_s / 2)
    real.recorder.mark(real.clock.monotonic_ns())
    real.clock.sleep_s(length_s / 2)
    real.end()


def _write_note(real: RealRecorder) -> None:
    now_ns = real.clock.monotonic_ns()
    real.store.journal.add_note(real.clock.utc_ns(), now_ns, "powercut", f"at {now_ns}")


def _free_the_oldest(store: Store) -> None:
    """What a docking does, without the network."""
    for clip in store.journal.clips(state=ClipState.FINALISED)[:1]:
        store.journal.begin_sending(clip.id)
        store.journal.acknowledge(clip.id, "A destination")
        store.purge(store.journal.clip(clip.id))


@contextmanager
def _repeating(
    real: RealRecorder, jobs: dict[str, tuple[Callable[[], None], float]]
) -> Iterator[None]:
    """Each job in a thread of its own, again and again."""
    over = threading.Event()
    failures: list[Exception] = []

    def repeat(job: Callable[[], None], every_s: float) -> None:
        while not real.clock.wait(over, every_s):
            try:
                job()
            except (BwvError, OSError) as error:
                failures.append(error)

    threads = [
        threading.Thread(target=repeat, args=job, name=name, daemon=True)
        for name, job in jobs.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
