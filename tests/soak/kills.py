"""kill -9 of the camera while it records and of the server while it receives."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import av

from bwv_device.agent.assemble import open_store
from bwv_device.configuration.keeping import Dock
from bwv_device.dock.events import NextTry, PushSummary
from bwv_device.dock.push import push_all
from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.evidence.repair import repair
from bwv_device.evidence.store import Store
from hal import registry
from hal.interfaces.clock import Clock
from tests.bench.report import Row, at_most, emit, options
from tests.support.dock_process import DockProcess
from tests.support.footage import IDENTITY, add_recording

NS_PER_S = 1_000_000_000
FIRST_KILL_S, LAST_KILL_S = 0.0, 4.0
LAST_SERVER_KILL_S = 0.6
CLIPS_A_RECORDING, CLIP_BYTES = 2, 48 * 1024 * 1024


def main() -> int:
    """Both halves; the exit code is 0 when nothing was lost beyond the last second."""
    parser = options(__doc__)
    parser.add_argument("--times", type=int, default=20, help="kills of each (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (%(default)s)")
    args = parser.parse_args()
    chance = random.Random(args.seed)
    with tempfile.TemporaryDirectory(prefix="bwv-kills-") as folder:
        rows = camera_rows(Path(folder) / "camera", args.times, chance)
        rows += server_rows(Path(folder), args.times, chance)
    return emit("kills", rows, as_json=args.json)


def camera_rows(folder: Path, times: int, chance: random.Random) -> list[Row]:
    """Kill the camera `times` times, on one store, and look at what is left."""
    killed_utc_ns = [
        _record_and_kill(folder, chance.uniform(FIRST_KILL_S, LAST_KILL_S)) for _ in range(times)
    ]
    # What was killed may be in the kernel for a moment yet, and hold the store.
    store = open_store(folder, registry.open_clock())
    repair(store)
    clips = store.journal.clips()
    kept = [clip for clip in clips if clip.state is ClipState.FINALISED]
    # A kill in the milliseconds between a trigger and its first synced fragment leaves nothing
    # to keep; what that lost is in the losses below, like that of every other kill.
    unborn = sum(clip.end_reason is EndReason.NOTHING_RECORDED for clip in clips)
    expected = times - unborn
    recovered = [clip for clip in kept if clip.end_reason is EndReason.RECOVERED]
    wrong = [found for found in check(folder, store.journal) if found.severity is Severity.WRONG]
    store.close()
    losses_s = sorted(_losses_s(clips, killed_utc_ns))
    decoded = sum(decodes_whole(folder / clip.file, clip.frames or 0) for clip in kept)
    names = [clip.file for clip in clips]
    files = list((folder / "clips").glob("*/*.mp4"))
    return [
        Row("camera kills", times, ok=None),
        Row("kills before the first fragment was whole", unborn),
        Row("clips kept", len(kept), limit=expected, ok=len(kept) == expected),
        Row("clips marked recovered", len(recovered), limit=expected,
            ok=len(recovered) == expected),
        Row("clips that open and decode whole", decoded, limit=expected, ok=decoded == expected),
        Row("clips that are there twice", len(names) - len(set(names)), limit=0,
            ok=len(names) == len(set(names)) == times and len(files) == expected),
        Row("disagreements of journal and files", len(wrong), limit=0, ok=not wrong),
        Row("loss, median", losses_s[len(losses_s) // 2], "s"),
        at_most("loss, worst", losses_s[-1], "s", 1.0),
    ]  # fmt: skip


def server_rows(folder: Path, times: int, chance: random.Random) -> list[Row]:
    """Kill the server `times` times while it takes clips over, and look at what it holds."""
    server, store = DockProcess(folder / "server"), Store.open(folder / "device")
    clock = registry.open_clock()
    server.start()
    struck = unkept = 0
    for number in range(times):
        add_recording(store, number, CLIPS_A_RECORDING, CLIP_BYTES)
        push = threading.Thread(target=_push, args=(store, server, clock))
        push.start()
        time.sleep(chance.uniform(0.0, LAST_SERVER_KILL_S))
        server.kill()
        struck += _has_part_of_a_body(server.folder)
        unkept += _acknowledged_and_missing(store, server)
        server.start()
        push.join()
    while _push(store, server, clock).next_try is NextTry.SOON:
        continue
    unkept += _acknowledged_and_missing(store, server)
    server.stop()
    left = sum(clip.state is not ClipState.PURGED for clip in store.journal.clips())
    held = len(list((server.folder / "content").glob("*/*.mp4")))
    store.close()
    expected = times * CLIPS_A_RECORDING
    return [
        Row("server kills", times),
        Row("server kills in the middle of a clip", struck, limit=1, ok=struck >= 1),
        Row("clips on the server", held, limit=expected, ok=held == expected),
        Row("clips left on the device", left, limit=0, ok=left == 0),
        Row("acknowledged clips missing or altered", unkept, limit=0, ok=unkept == 0),
    ]


def _has_part_of_a_body(folder: Path) -> bool:
    """An upload that can go on keeps its bytes apart from one that can't."""
    parts = (path for name in ("incoming", "uploads") for path in (folder / name).glob("*"))
    return any(path.stat().st_size for path in parts)


def _push(store: Store, server: DockProcess, clock: Clock) -> PushSummary:
    settings = Dock(retry_first_s=0.05, retry_most_s=1.0)
    return push_all(
        store, server.connection(), clock, IDENTITY, lambda _event: None, settings=settings
    )


def _acknowledged_and_missing(store: Store, server: DockProcess) -> int:
    """Clips that the device counts as handed over, and whose bytes the server has not."""
    missing = 0
    for clip in store.journal.clips():
        if clip.state in (ClipState.ACKNOWLEDGED, ClipState.PURGED):
            path = server.folder / "content" / str(clip.destination) / Path(clip.file).name
            missing += not path.is_file() or digest_file(path).sha256 != clip.sha256
    return missing


def _record_and_kill(folder: Path, after_s: float) -> int:
    """Start a camera, kill it `after_s` after its clip is begun; the UTC of the kill, ns."""
    command = [sys.executable, "-m", "tests.support.camera_process", str(folder), "3"]
    # A session of its own, so that the media process is killed at the same instant.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "recording", "the camera did not start"
        time.sleep(after_s)
        at_utc_ns = time.time_ns()
        os.killpg(process.pid, signal.SIGKILL)
    return at_utc_ns


def _losses_s(clips: list[Clip], killed_utc_ns: list[int]) -> list[float]:
    """From the end of what is kept to the kill, for each kill, in seconds."""
    ends = [clip.start_utc_ns + (clip.duration_ns or 0) for clip in clips]
    return [(at_ns - end_ns) / NS_PER_S for at_ns, end_ns in zip(killed_utc_ns, ends, strict=True)]


def decodes_whole(path: Path, frames: int) -> bool:
    """Whether every frame that the journal counts is decoded, and the sound as well."""
    with av.open(str(path)) as container:
        pictures = sum(1 for _ in container.decode(video=0))
    with av.open(str(path)) as container:
        sound = sum(frame.samples for frame in container.decode(audio=0))
    return pictures == frames and sound > 0


if __name__ == "__main__":
    sys.exit(main())
