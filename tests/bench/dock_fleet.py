"""A whole shift docks at once: 64 cameras with a clip of 20 MB each, over mutual TLS.

Used by `scripts/bench dock`. Every camera has a store, a certificate and a thread of its own; they
begin together. A camera's wait ends when its clip is freed, which takes the signed receipt.
"""

import statistics
import tempfile
import threading
import time
from pathlib import Path

from bwv_device.dock.events import DockEvent, Purged
from bwv_device.evidence.records import ClipState
from tests.bench.enrolled import EnrolledCamera, secure_server
from tests.bench.report import Row, at_most
from tests.bench.settings import Settings

CAMERAS = 64
CLIP_BYTES = 20_000_000
MEMORY_MAX_MB = 300.0
WAIT_MAX = 3.0
MB = 1_000_000


def rows(settings: Settings) -> list[Row]:
    """How many were freed on a receipt, the server's memory, and who waited longest."""
    serials = [f"FLEET-{number:03}" for number in range(settings.tries(CAMERAS))]
    with (
        tempfile.TemporaryDirectory(prefix="bwv-fleet-") as folder,
        secure_server(Path(folder) / "server", serials) as server,
    ):
        cameras = [EnrolledCamera(Path(folder) / one, server, one) for one in serials]
        for camera in cameras:
            camera.record(0, CLIP_BYTES)
        waits_s = _dock(cameras)
        memory_mb = _most_memory_mb(server.said["process_id"])
        freed = sum(_is_freed(camera) for camera in cameras)
        for camera in cameras:
            camera.close()
    waited = list(waits_s.values()) or [float("inf")]
    return [
        Row("cameras freed on their receipt", freed, f"of {len(serials)}", limit=len(serials),
            ok=freed == len(serials)),
        at_most("server's most memory", memory_mb, "MB", MEMORY_MAX_MB),
        Row("wait, median", statistics.median(waited), "s"),
        at_most("longest wait against the median", max(waited) / statistics.median(waited), "x",
                WAIT_MAX),
        Row("all of them together", len(waits_s) * CLIP_BYTES / max(waited) / MB, "MB/s"),
    ]  # fmt: skip


def _dock(cameras: list[EnrolledCamera]) -> dict[str, float]:
    """Seconds from the common beginning until each camera's clip was freed."""
    waits_s: dict[str, float] = {}
    together = threading.Barrier(len(cameras) + 1)
    began_s = [0.0]

    def run(camera: EnrolledCamera) -> None:
        def note(event: DockEvent) -> None:
            if isinstance(event, Purged):
                waits_s[camera.identity.serial] = time.monotonic() - began_s[0]

        together.wait()
        camera.push(note)

    threads = [threading.Thread(target=run, args=(camera,)) for camera in cameras]
    for thread in threads:
        thread.start()
    began_s[0] = time.monotonic()
    together.wait()
    for thread in threads:
        thread.join()
    return waits_s


def _is_freed(camera: EnrolledCamera) -> bool:
    return [clip.state for clip in camera.store.journal.clips()] == [ClipState.PURGED]


def _most_memory_mb(process_id: int) -> float:
    """The most that was resident at once, by the kernel."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / MB
    raise RuntimeError("the kernel does not say VmHWM")
