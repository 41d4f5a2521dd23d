"""How fast a clip of 500 MB comes in over mutual TLS, hashed, synced and read back.

Used by `scripts/bench dock`. Our camera and server, against `curl` and an nginx that hashes
nothing and syncs nothing; both in turns on the same disk. Ours is timed from the moment that the
camera is let in to the moment that the clip is proved and entered in its journal.
"""

import statistics
import tempfile
import time
from pathlib import Path

from bwv_device.dock.events import ClipSent, Connected, DockEvent
from tests.bench.dock_nginx import nginx
from tests.bench.enrolled import EnrolledCamera, secure_server
from tests.bench.report import Row, at_least
from tests.bench.settings import Settings
from tests.support.footage import IDENTITY

CLIP_BYTES = 500_000_000
TURNS = 5
SHARE_MIN = 0.6
MB = 1_000_000


def rows(settings: Settings) -> list[Row]:
    """The two rates, and their relation."""
    size_bytes, turns = round(CLIP_BYTES * settings.scale), settings.tries(TURNS)
    with (
        tempfile.TemporaryDirectory(prefix="bwv-throughput-") as folder,
        secure_server(Path(folder) / "server", [IDENTITY.serial]) as server,
        nginx(Path(folder) / "nginx") as other,
    ):
        camera = EnrolledCamera(Path(folder) / "camera", server, IDENTITY.serial)
        ours_s, theirs_s = [], []
        for number in range(turns):
            camera.record(number, size_bytes)
            clip = camera.store.path(camera.store.journal.clips()[-1])
            theirs_s.append(other.put_s(clip))
            ours_s.append(_push_s(camera))
        camera.close()
    shares = [theirs / ours for theirs, ours in zip(theirs_s, ours_s, strict=True)]
    return [
        Row("push over mutual TLS, hashed, synced, read back", _rate(size_bytes, ours_s), "MB/s"),
        Row("nginx PUT over mutual TLS, unhashed", _rate(size_bytes, theirs_s), "MB/s"),
        at_least("push against nginx, median of the turns", statistics.median(shares), "x",
                 SHARE_MIN),
    ]  # fmt: skip


def _push_s(camera: EnrolledCamera) -> float:
    at_s: dict[type, float] = {}

    def note(event: DockEvent) -> None:
        at_s.setdefault(type(event), time.monotonic())

    summary = camera.push(note)
    assert summary.ok, summary.problems
    return at_s[ClipSent] - at_s[Connected]


def _rate(size_bytes: int, took_s: list[float]) -> float:
    return size_bytes / statistics.median(took_s) / MB
